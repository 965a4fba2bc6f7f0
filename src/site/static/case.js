// The pictures of a case: one at a time, larger and smaller, turned; and a place drawn on them with the mouse or by keyboard.
// Without it every picture is there all the same.
(() => {
  'use strict'
  const viewer = document.querySelector('[data-viewer]')
  if (!viewer) return
  const figures = [...viewer.querySelectorAll('figure[data-picture]')]
  if (!figures.length) return
  const tools = viewer.querySelector('.tools')
  const place = viewer.querySelector('[data-place]')
  const form = document.querySelector('form.decide')
  const turns = new Map()
  let at = 0, zoom = 1, x = 0, y = 0, drawing = null

  const picture = () => figures[at].querySelector('.picture')
  const frame = () => figures[at].querySelector('.frame')
  const turn = () => turns.get(at) || 0
  const clamp = (n, low, high) => Math.min(Math.max(n, low), high)

  /** The scale at which the whole picture is seen. */
  const whole = () => {
    const p = picture(), f = frame()
    if (!p.offsetWidth || !p.offsetHeight) return 1
    const [w, h] = turn() % 180 ? [p.offsetHeight, p.offsetWidth] : [p.offsetWidth, p.offsetHeight]
    return Math.min(f.clientWidth / w, f.clientHeight / h)
  }
  const put = () => {
    picture().style.transform = `translate(-50%, -50%) translate(${x}px, ${y}px) rotate(${turn()}deg) scale(${whole() * zoom})`
    place.textContent = `${at + 1}/${figures.length} · ${Math.round(zoom * 100)}%`
  }
  const fit = () => { zoom = 1; x = 0; y = 0; put() }
  const scale = (by) => { const was = zoom; zoom = clamp(zoom * by, 0.5, 12); x *= zoom / was; y *= zoom / was; put() }
  const show = (n) => {
    at = (n + figures.length) % figures.length
    figures.forEach((figure, i) => figure.classList.toggle('here', i === at))
    fit()
  }
  const acts = {
    previous: () => show(at - 1), next: () => show(at + 1), in: () => scale(1.25), out: () => scale(0.8), fit,
    turn: () => { turns.set(at, (turn() + 90) % 360); fit() },
  }

  // the place that is being drawn
  const SVG = 'http://www.w3.org/2000/svg'
  const field = (item) => form && form.elements[`mark.${item}`]
  const read = (item) => {
    const [paper, ...n] = (field(item)?.value || '').split(' ')
    return n.length === 4 ? { paper, x: +n[0], y: +n[1], width: +n[2], height: +n[3] } : null
  }
  const draw = () => {
    viewer.querySelectorAll('rect.now').forEach((rect) => rect.remove())
    form?.querySelectorAll('[data-mark]').forEach((button) => {
      const item = button.dataset.mark, mark = read(item)
      form.querySelector(`[data-unmark="${item}"]`).hidden = !mark
      button.textContent = mark ? '修改标记' : '在图上标记'
      const figure = mark && figures.find((one) => one.dataset.picture === mark.paper)
      if (!figure) return
      const rect = document.createElementNS(SVG, 'rect')
      rect.setAttribute('class', item === drawing ? 'now drawing' : 'now')
      for (const side of ['x', 'y', 'width', 'height']) rect.setAttribute(side, mark[side])
      figure.querySelector('svg').append(rect)
    })
  }
  const keep = (mark) => {
    const round = (n) => Math.round(n * 10000) / 10000
    const width = clamp(mark.width, 0.02, 1), height = clamp(mark.height, 0.02, 1)
    const left = clamp(mark.x, 0, 1 - width), top = clamp(mark.y, 0, 1 - height)
    field(drawing).value = [figures[at].dataset.picture, ...[left, top, width, height].map(round)].join(' ')
    const tick = form.querySelector(`input[name=items][value="${drawing}"]`)
    if (tick) tick.checked = true
    draw()
  }
  const stop = () => {
    const item = drawing
    drawing = null
    viewer.classList.remove('drawing')
    draw()
    form?.querySelector(`[data-mark="${item}"]`)?.focus()
  }
  const begin = (item, own) => {
    drawing = item
    const mark = read(item)
    const on = mark ? mark.paper : own
    const n = figures.findIndex((figure) => figure.dataset.picture === on)
    if (n >= 0) show(n)
    viewer.classList.add('drawing')
    if (!mark) keep({ x: 0.35, y: 0.35, width: 0.3, height: 0.3 })
    draw()
    frame().focus()
    place.textContent = '拖动鼠标画框；或用方向键移动，Shift+方向键改变大小，回车完成，Esc 清除'
  }
  form?.querySelectorAll('.marking').forEach((span) => { span.hidden = false })
  form?.addEventListener('click', (event) => {
    const { mark, unmark } = event.target.dataset
    if (mark) begin(mark, event.target.dataset.on)
    if (unmark) { field(unmark).value = ''; draw() }
  })

  /** Where on the picture a pointer is, in fractions, however it is turned. */
  const fractions = (event) => {
    const p = picture(), box = p.getBoundingClientRect(), angle = -turn() * Math.PI / 180, s = whole() * zoom
    const dx = event.clientX - (box.left + box.width / 2), dy = event.clientY - (box.top + box.height / 2)
    const [rx, ry] = [dx * Math.cos(angle) - dy * Math.sin(angle), dx * Math.sin(angle) + dy * Math.cos(angle)]
    return { x: clamp(rx / s / p.offsetWidth + 0.5, 0, 1), y: clamp(ry / s / p.offsetHeight + 0.5, 0, 1) }
  }
  viewer.addEventListener('pointerdown', (event) => {
    const inside = event.target.closest('.frame')
    if (!inside || event.button) return
    event.preventDefault()
    const from = drawing ? fractions(event) : { x: event.clientX - x, y: event.clientY - y }
    inside.setPointerCapture(event.pointerId)
    const move = (now) => {
      if (!drawing) { x = now.clientX - from.x; y = now.clientY - from.y; return put() }
      const to = fractions(now)
      keep({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) })
    }
    const end = () => {
      inside.removeEventListener('pointermove', move)
      if (drawing) stop()
    }
    inside.addEventListener('pointermove', move)
    inside.addEventListener('pointerup', end, { once: true })
    inside.addEventListener('pointercancel', end, { once: true })
  })
  // A click opens the picture by itself only without this script.
  viewer.addEventListener('click', (event) => { if (event.target.closest('.frame')) event.preventDefault() })
  viewer.addEventListener('wheel', (event) => {
    if (!event.target.closest('.frame')) return
    event.preventDefault()
    scale(event.deltaY < 0 ? 1.15 : 1 / 1.15)
  }, { passive: false })
  tools.addEventListener('click', (event) => acts[event.target.dataset.do]?.())

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  const keys = { '[': 'previous', ']': 'next', '+': 'in', '=': 'in', '-': 'out', 0: 'fit', r: 'turn' }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const arrow = ARROWS[event.key]
    if (drawing && event.target.closest('[data-viewer]')) {
      const mark = read(drawing)
      if (event.key === 'Enter') { event.preventDefault(); return stop() }
      if (event.key === 'Escape') { field(drawing).value = ''; return stop() }
      if (arrow && mark) {
        event.preventDefault()
        const [dx, dy] = arrow.map((n) => n * 0.01)
        keep(event.shiftKey ? { ...mark, width: mark.width + dx, height: mark.height + dy } : { ...mark, x: mark.x + dx, y: mark.y + dy })
      }
      return
    }
    if (arrow && event.target.closest('.frame')) { event.preventDefault(); x -= arrow[0] * 40; y -= arrow[1] * 40; return put() }
    if (event.target.closest('input, textarea, select, dialog[open], [contenteditable]')) return
    const act = acts[keys[event.key]]
    if (act) { event.preventDefault(); act() }
  })

  viewer.classList.add('one')
  tools.hidden = false
  figures.forEach((figure) => {
    const inside = figure.querySelector('.frame')
    figure.querySelector('a').tabIndex = -1
    inside.tabIndex = 0
    inside.setAttribute('role', 'group')
    inside.setAttribute('aria-label', `${figure.querySelector('img').alt}：方向键移动，加号减号缩放`)
    figure.querySelector('img').addEventListener('load', put)
  })
  new ResizeObserver(put).observe(viewer)
  // After a correction the new picture comes first.
  show(Math.max(figures.findIndex((figure) => figure.querySelector('figcaption .good')), 0))
  draw()
})()
