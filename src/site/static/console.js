// The review desk by keyboard: j and k go from row to row. Everything works without it.
(() => {
  'use strict'
  const typing = (target) => target.closest('input, textarea, select, dialog[open], [contenteditable]')
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    const step = { j: 1, k: -1 }[event.key]
    if (!step) return
    const rows = [...document.querySelectorAll('[data-row]')].map((row) => row.matches('a') ? row : row.querySelector('a') || row)
    const here = rows.indexOf(document.activeElement)
    const next = here < 0 ? rows[step > 0 ? 0 : rows.length - 1] : rows[here + step]
    if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({ block: 'nearest' }) }
  })
})()
