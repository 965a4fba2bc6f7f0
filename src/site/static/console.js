// The review desk by keyboard, and live. Everything works without it.
(() => {
  'use strict'
  const typing = (target) => target instanceof Element && target.closest('input:not([type=checkbox], [type=radio]), textarea, select, dialog[open], [contenteditable]')
  const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.getClientRects().length > 0)
  const link = (row) => (row.matches('a') ? row : row.querySelector('a') || row)
  const rowHere = () => document.activeElement && document.activeElement.closest('[data-row]')

  const step = (by) => {
    const all = rows()
    const here = all.indexOf(rowHere())
    const next = here < 0 ? all[by > 0 ? 0 : all.length - 1] : all[here + by]
    if (!next) return false
    link(next).focus()
    next.scrollIntoView({ block: 'nearest' })
    return true
  }

  /** Takes the case of the row, or the one that is open. */
  const claim = () => {
    const button = (rowHere() || document).querySelector(rowHere() ? '[data-claim]' : '.hold [data-claim]')
    if (!button) return false
    button.click()
    return true
  }

  const help = () => {
    const dialog = document.getElementById('keys')
    if (!dialog) return false
    if (dialog.open) dialog.close()
    else dialog.showModal()
    return true
  }

  const search = () => {
    const field = document.getElementById('find')
    if (field) field.focus()
    else location.assign('/console/search')
    return true
  }

  const keys = { j: () => step(1), k: () => step(-1), c: claim, '?': help, '/': search }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return
    const act = keys[event.key]
    if (act && act()) event.preventDefault()
  })

  // Live: the queues have moved, the list asks again. Where the keyboard was, it stays.
  const list = () => document.querySelector('[data-desk]')
  let timer = null
  const moved = () => {
    clearTimeout(timer)
    timer = setTimeout(() => { if (list()) htmx.trigger(list(), 'desk') }, 300)
  }
  let focused = null
  document.addEventListener('htmx:beforeSwap', () => {
    const row = rowHere()
    focused = row && row.dataset.id ? row.dataset.id : null
  })
  document.addEventListener('htmx:afterSettle', () => {
    const row = focused && document.querySelector(`[data-row][data-id="${CSS.escape(focused)}"]`)
    if (row && document.activeElement === document.body) link(row).focus()
    focused = null
  })
  if (list() && 'EventSource' in window) {
    const source = new EventSource('/console/live')
    let opened = false
    source.onopen = () => { if (opened) moved(); opened = true }
    source.onmessage = moved
    addEventListener('pagehide', () => source.close())
  }

  // Whoever works on a case that they hold keeps it: told at most every five minutes, and only while they do something.
  const hold = document.querySelector('[data-keep]')
  if (hold) {
    const every = 5 * 60 * 1000
    let last = Date.now()
    const working = async () => {
      if (Date.now() - last < every) return
      last = Date.now()
      const body = new URLSearchParams({ csrf: hold.dataset.csrf })
      const answer = await fetch(hold.dataset.keep, { method: 'POST', body }).catch(() => null)
      if (!answer || !answer.ok) return
      const { until } = await answer.json()
      const said = hold.querySelector('[data-until]')
      if (said) said.textContent = until ? `我已领取，${until} 前有效` : '领取已到期，请重新领取'
    }
    for (const name of ['keydown', 'pointerdown', 'input']) document.addEventListener(name, working, { passive: true })
  }
})()

// A chosen file is read into the field that is sent: one form, whether it is pasted or chosen.
document.addEventListener('change', (event) => {
  const { target } = event
  const into = target instanceof HTMLInputElement && target.type === 'file' && target.dataset.into
  if (!into || !target.files[0]) return
  void target.files[0].text().then((text) => {
    document.getElementById(into).value = text
  })
})
