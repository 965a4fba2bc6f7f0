// Live parts of the desktop: what happens in the account arrives here, and every part that cares asks again.
// Streams by server-sent events; where those fail, asks every three seconds how much has happened.
(() => {
  'use strict'
  const body = document.body
  if (!body || !body.hasAttribute('data-live')) return

  /** What parts can care about: `live:<subject>`; plain `live` is for everything. */
  const SUBJECTS = ['handoff', 'person', 'company', 'invitation', 'order', 'payment', 'refund', 'administrator', 'authorisation', 'seal', 'certificate', 'resync']

  const trigger = (subject) => htmx.trigger(body, `live:${subject}`)
  const say = (subjects) => { htmx.trigger(body, 'live'); subjects.forEach(trigger) }

  // An event that comes while a part is being fetched or swapped may be older than what was fetched, or fall between the
  // part that goes and the part that comes: it is said once more when all is quiet.
  let busy = 0
  const again = new Set()
  const tell = (subjects) => {
    if (busy > 0) subjects.forEach((subject) => again.add(subject))
    say(subjects)
  }
  const quiet = () => {
    if (--busy > 0 || again.size === 0) return
    const missed = [...again]
    again.clear()
    tell(missed)
  }
  document.addEventListener('htmx:beforeRequest', () => { busy++ })
  document.addEventListener('htmx:afterRequest', () => setTimeout(quiet, 80))

  const ask = async () => (await (await fetch('/live/seen', { headers: { accept: 'application/json' } })).json()).seen

  /** Has anything happened between the reading of the page and the opening of the stream? */
  const sinceMade = async () => {
    const seen = await ask().catch(() => undefined)
    if (seen !== Number(body.dataset.live)) tell(SUBJECTS)
  }

  /** Somebody signing in or out changes no page of the others; only leaving every device does. */
  const isNews = (name) => !name.startsWith('session.') || name === 'session.close_all'
  const hear = (name) => isNews(name) && tell(name === 'resync' ? SUBJECTS : [name.split('.')[0]])

  // The first round of polling tells in any case: something may have fallen between the stream's end and it.
  let last = null
  let polling = null
  const poll = async () => {
    try {
      const seen = await ask()
      if (seen !== last) tell(SUBJECTS)
      last = seen
    } catch { /* offline: the next round tells */ }
  }
  const startPolling = () => { if (!polling) { poll(); polling = setInterval(poll, 3000) } }
  const stopPolling = () => { clearInterval(polling); polling = null; last = null }

  if ('EventSource' in window) {
    const source = new EventSource('/live')
    let opened = false
    source.onopen = () => {
      stopPolling()
      if (opened) tell(SUBJECTS)
      else sinceMade()
      opened = true
    }
    source.onmessage = (message) => hear(message.data)
    source.onerror = () => startPolling()
    addEventListener('pagehide', () => source.close())
  } else {
    startPolling()
  }
})()
