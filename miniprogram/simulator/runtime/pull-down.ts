// Pull-down refresh of a page (enablePullDownRefresh).
import { h } from './dom.ts';
import type { Page } from './pages.ts';

const THRESHOLD = 50;
const indicators = new WeakMap<HTMLElement, HTMLElement>();

export function attachPullDown(page: Page, refresh: () => void) {
  const indicator = h('div', { className: 'mp-pull', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
  page.scroll.prepend(indicator);
  indicators.set(page.scroll, indicator);
  let from = 0;
  page.scroll.addEventListener('touchstart', (e) => (from = page.scroll.scrollTop <= 0 ? e.touches[0]!.clientY : NaN), {
    passive: true,
  });
  page.scroll.addEventListener(
    'touchmove',
    (e) => {
      const pulled = e.touches[0]!.clientY - from;
      if (pulled > 0) indicator.style.height = `${Math.min(pulled / 2, 60)}px`;
    },
    { passive: true },
  );
  page.scroll.addEventListener('touchend', () => {
    if (parseFloat(indicator.style.height || '0') * 2 < THRESHOLD) return stopPullDown(page);
    startPullDown(page, refresh);
  });
}

export function startPullDown(page: Page, refresh: () => void) {
  const indicator = indicators.get(page.scroll);
  if (indicator) indicator.style.height = '50px';
  refresh();
}

export function stopPullDown(page: Page) {
  const indicator = indicators.get(page.scroll);
  if (indicator) indicator.style.height = '0px';
}
