// scroll-view, swiper, picker, picker-view.
import type { Any } from '../types.ts';
import { any, attribute, define, fire, flag, number, string } from './registry.ts';
import { actionSheet, promptSheet } from '../sheets/dialogs.ts';

function installScrollView() {
  const own = {
    scrollX: flag(), scrollY: flag(), upperThreshold: any(50), lowerThreshold: any(50), scrollTop: any(), scrollLeft: any(),
    scrollIntoView: string(), scrollIntoViewOffset: any(), scrollWithAnimation: flag(), enableBackToTop: flag(), enableFlex: flag(),
    scrollAnchoring: flag(), enablePassive: flag(), refresherEnabled: flag(), refresherThreshold: number(45),
    refresherDefaultStyle: string(), refresherBackground: string(), refresherTriggered: flag(), bounces: flag(true),
    showScrollbar: flag(true), fastDeceleration: flag(), type: string(), reverse: flag(), clip: flag(true), cacheExtent: any(),
    pagingEnabled: flag(), usingSticky: flag(), enhanced: flag(),
  };
  define('scroll-view', own, (element, component) => {
    let atEnd = false;
    const onScroll = () => {
      const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight, clientWidth } = element;
      fire(component, 'scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaX: 0, deltaY: 0 });
      const rest = component.data.scrollX ? scrollWidth - clientWidth - scrollLeft : scrollHeight - clientHeight - scrollTop;
      const near = rest < parseFloat(component.data.lowerThreshold);
      if (near && !atEnd) fire(component, 'scrolltolower', { direction: component.data.scrollX ? 'right' : 'bottom' });
      atEnd = near;
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return {
      update(name, value) {
        if (name === 'scrollY') attribute(element, 'data-y', value);
        else if (name === 'scrollX') attribute(element, 'data-x', value);
        else if (name === 'scrollTop' && value != null) element.scrollTop = parseFloat(value);
        else if (name === 'scrollLeft' && value != null) element.scrollLeft = parseFloat(value);
        else if (name === 'scrollIntoView' && value) document.getElementById(value)?.scrollIntoView();
        else if (name === 'enableFlex' && value) element.style.display = 'flex';
      },
    };
  });
}

function installSwiper() {
  const own = {
    indicatorDots: flag(), indicatorColor: string(), indicatorActiveColor: string(), autoplay: flag(), current: number(),
    interval: number(5000), duration: number(500), circular: flag(), vertical: flag(), previousMargin: any(), nextMargin: any(),
    snapToEdge: flag(), displayMultipleItems: number(1), easingFunction: string(), currentItemId: string(), skipHiddenItemLayout: flag(),
  };
  define('swiper', own, (element, component) => {
    let current = 0;
    element.addEventListener('scroll', () => {
      const { vertical } = component.data;
      const at = Math.round(vertical ? element.scrollTop / element.clientHeight : element.scrollLeft / element.clientWidth);
      if (at === current) return;
      current = at;
      fire(component, 'change', { current: at, source: 'touch', currentItemId: '' });
    });
    return {
      update(name, value) {
        if (name === 'vertical') attribute(element, 'vertical', value);
        if (name !== 'current') return;
        current = value;
        const { vertical } = component.data;
        element.scrollTo(vertical ? { top: value * element.clientHeight } : { left: value * element.clientWidth });
      },
    };
  });
  define('swiper-item', { itemId: string(), skipHiddenItemLayout: flag() });
}

export function installScrolling() {
  installScrollView();
  installSwiper();
  const own = {
    name: string(), headerText: string(), mode: string('selector'), disabled: flag(), range: any([]), rangeKey: string(),
    value: any(0), start: string(), end: string(), fields: string('day'), customItem: string(), level: string(),
  };
  define('picker', own, (element, component) => {
    element.__field = { name: () => component.data.name, value: () => component.data.value };
    component.addListener('tap', async () => {
      const { mode, range, rangeKey, disabled, value } = component.data;
      if (disabled) return;
      if (mode === 'selector') {
        const words = range.map((item: Any) => (rangeKey ? item[rangeKey] : String(item)));
        const index = await actionSheet(words);
        if (index < 0) fire(component, 'cancel');
        else fire(component, 'change', { value: String(index) });
        return;
      }
      const typed = await promptSheet(mode, String(value ?? ''));
      if (typed === null) fire(component, 'cancel');
      else fire(component, 'change', { value: mode === 'date' || mode === 'time' ? typed : typed.split(',') });
    });
    return { role: 'button' };
  });
  const view = { value: any([]), indicatorStyle: string(), indicatorClass: string(), maskStyle: string(), maskClass: string(), immediateChange: flag() };
  define('picker-view', view, (element) => {
    element.style.display = 'flex';
    return {};
  });
}
