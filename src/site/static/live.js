// Live parts of the desktop: what happens in the account arrives here, and every part that cares asks again.
// Streams by server-sent events; where those fail, asks for the last event every three seconds.
(() => {
  'use strict'
  const body = document.body
  if (!body || !body.hasAttribute('data-live')) return

  /** What parts can care about: `live:<subject>`; plain `live` is for everything. */
  const SUBJECTS = ['handoff', 'person', 'company', 'order', 'payment', 'refund', 'administrator', 'authorisation', 'seal', 'certificate', 'resync']

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

  /** Has anything happened between the page's making and the stream's opening? An event's id begins with its time. */
  const sinceMade = async () => {
    const event = await (await fetch('/live/last')).json().catch(() => ({}))
    const at = parseInt((event.id || '').replaceAll('-', '').slice(0, 12), 16)
    if (at > Number(body.dataset.live)) tell(SUBJECTS)
  }

  const hear = (name) => tell(name === 'resync' ? SUBJECTS : [name.split('.')[0]])

  let last = null
  let polling = null
  const poll = async () => {
    try {
      const answer = await fetch('/live/last', { headers: { accept: 'application/json' } })
      const event = await answer.json()
      if (last !== null && event.id !== last) hear('resync')
      last = event.id || ''
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
