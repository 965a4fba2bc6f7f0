// Live parts of the desktop: what happens in the account arrives here, and every part that cares asks again.
// Streams by server-sent events; where those fail, asks for the last event every three seconds.
(() => {
  'use strict'
  const body = document.body
  if (!body || !body.hasAttribute('data-live')) return

  /** Tells the parts: `live` for everything, `live:<subject>` for those that care about one subject. */
  const tell = (name) => {
    htmx.trigger(body, 'live', { name })
    htmx.trigger(body, 'live:' + name.split('.')[0], { name })
  }

  let last = null
  let polling = null
  const poll = async () => {
    try {
      const answer = await fetch('/live/last', { headers: { accept: 'application/json' } })
      const event = await answer.json()
      if (last !== null && event.id !== last) tell(event.name || 'resync')
      last = event.id || ''
    } catch { /* offline: the next round tells */ }
  }
  const startPolling = () => { if (!polling) { poll(); polling = setInterval(poll, 3000) } }
  const stopPolling = () => { clearInterval(polling); polling = null; last = null }

  if ('EventSource' in window) {
    let opened = false
    const source = new EventSource('/live')
    source.onopen = () => { if (opened) tell('resync'); opened = true; stopPolling() }
    source.onmessage = (message) => tell(message.data)
    source.onerror = () => startPolling()
    addEventListener('pagehide', () => source.close())
  } else {
    startPolling()
  }
})()
