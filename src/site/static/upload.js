// Uploads of the company's papers: how far they are, and what was read from them. The page works without.
(() => {
  'use strict'
  const box = (event) => event.target.closest && event.target.closest('form.upload')

  document.addEventListener('htmx:beforeRequest', (event) => {
    const form = box(event)
    if (form) {
      const file = form.querySelector('input[type=file]')
      if (!file.files.length) { event.preventDefault(); return }
      const bar = form.querySelector('progress')
      form.classList.add('uploading')
      bar.hidden = false
      bar.value = 0
    } else if (event.target.id === 'papers' && document.querySelector('form.uploading')) {
      // An upload is on its way: the column is asked for again when it has arrived.
      event.preventDefault()
    }
  })
  document.addEventListener('htmx:xhr:progress', (event) => {
    const form = box(event)
    if (form && event.detail.lengthComputable) {
      form.querySelector('progress').value = 100 * event.detail.loaded / event.detail.total
    }
  })
  document.addEventListener('htmx:afterRequest', (event) => {
    const form = box(event)
    if (form) form.classList.remove('uploading')
  })

  /** Puts what was read into fields that are still empty. */
  const fill = (root) => {
    root.querySelectorAll('[data-fill]').forEach((read) => {
      const field = document.querySelector(`#fields input[name="${read.dataset.fill}"]`)
      if (field && field.value === '' && field !== document.activeElement) field.value = read.value
    })
  }
  document.addEventListener('htmx:load', (event) => fill(event.target))
})()
