// Small conveniences; every page works without them.
(() => {
  'use strict'
  htmx.config.allowEval = false
  htmx.config.includeIndicatorStyles = false
  htmx.config.selfRequestsOnly = true
  // A part inside a live section is its own: it must not take over the section's hx-select or hx-target.
  htmx.config.disableInheritance = true
  // A refused form is an answer to show, not an error to swallow.
  document.addEventListener('htmx:beforeSwap', (event) => {
    const { xhr } = event.detail
    if (xhr.status >= 400 && (xhr.getResponseHeader('content-type') || '').startsWith('text/html')) {
      event.detail.shouldSwap = true
      event.detail.isError = false
    }
  })

  /** 重新发送(59): counts a button down and lets it be pressed again. */
  const countDown = (button) => {
    const label = button.dataset.label
    const end = Date.now() + Number(button.dataset.countdown) * 1000
    button.disabled = true
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000)
      if (left <= 0) { button.disabled = false; button.textContent = label; return }
      button.textContent = `重新发送(${left})`
      setTimeout(tick, 250)
    }
    tick()
  }

  /** How long until: text that counts down to a moment. */
  const prepare = (root) => {
    root.querySelectorAll('button[data-countdown]').forEach((button) => {
      if (!button.dataset.counting) { button.dataset.counting = '1'; countDown(button) }
    })
    root.querySelectorAll('[data-copy]').forEach((button) => {
      button.hidden = false
      button.onclick = async () => {
        await navigator.clipboard.writeText(button.dataset.copy)
        button.textContent = '已复制'
      }
    })
    root.querySelectorAll('dialog[data-open]').forEach((dialog) => { if (!dialog.open) dialog.showModal() })
    root.querySelectorAll('button[data-dialog]').forEach((button) => {
      button.onclick = (event) => {
        const dialog = document.getElementById(button.dataset.dialog)
        if (dialog) { event.preventDefault(); dialog.showModal() }
      }
    })
    root.querySelectorAll('button[data-close]').forEach((button) => {
      button.onclick = (event) => { event.preventDefault(); button.closest('dialog').close() }
    })
  }
  document.addEventListener('htmx:load', (event) => prepare(event.target))
  prepare(document)
})()
