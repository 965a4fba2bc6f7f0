// Touches from the DOM to the app, long press, hover-class, and WXS event handlers.
import type { Any } from './types.ts';
import { backend, glassEasel } from './glass.ts';

const LONG_PRESS_MS = 350;
const HOVER_MS = 400;

const touchList = (list: Iterable<Touch> | undefined) =>
  [...(list ?? [])].map(({ identifier, pageX, pageY, clientX, clientY }) => ({ identifier, pageX, pageY, clientX, clientY }));

const mouseTouch = (e: Any) =>
  e && 'clientX' in e ? [{ identifier: 0, pageX: e.pageX, pageY: e.pageY, clientX: e.clientX, clientY: e.clientY }] : [];

/** The component whose DOM element `node` is, or the nearest one above it. */
export function componentOf(node: Any): Any {
  let at = node;
  while (at && !at.__wxElement) at = at.parentNode;
  return at?.__wxElement;
}

export function installEvents() {
  backend.onEvent((target: Any, type: string, detail: Any, options: Any) => {
    const original = options.originalEvent;
    const touches = original?.touches ? touchList(original.touches) : mouseTouch(original);
    const changedTouches = original?.changedTouches ? touchList(original.changedTouches) : touches;
    const event = new glassEasel.Event(type, /^touch/.test(type) ? {} : detail, {
      ...options,
      extraFields: { touches, changedTouches },
    });
    event.dispatch(target);
    return event.getEventBubbleStatus();
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const press = (e: Event) => {
    timer = setTimeout(() => {
      const component = componentOf(e.target);
      if (!component) return;
      const options = { bubbles: true, composed: true, originalEvent: e };
      for (const name of ['longpress', 'longtap']) glassEasel.Event.triggerEvent(component, name, {}, options);
    }, LONG_PRESS_MS);
  };
  const hover = (e: Event) => {
    for (let node: Any = e.target; node && node !== document; node = node.parentNode) {
      const component = node.__wxElement;
      const name = component?.data?.hoverClass;
      if (!name || name === 'none') continue;
      component.classList.toggle(name, true);
      setTimeout(() => component.classList.toggle(name, false), HOVER_MS);
      break;
    }
  };
  document.addEventListener('touchstart', press, true);
  document.addEventListener('touchstart', hover, true);
  for (const name of ['touchend', 'touchmove', 'touchcancel']) {
    document.addEventListener(name, () => clearTimeout(timer), true);
  }
}

const elementOf = (component: Any): HTMLElement => (component._$ ?? component).$$;
const methodsOf = (component: Any) => (component._$ ?? component).getMethodCaller?.() ?? component;

/** What a WXS handler gets as `ownerInstance`. */
function wxsInstance(component: Any): Any {
  const inner = component._$ ?? component;
  return {
    callMethod: (name: string, argument: Any) => methodsOf(component)[name]?.(argument),
    triggerEvent: (...args: Any[]) => component.triggerEvent(...args),
    getDataset: () => component.dataset,
    selectComponent(selector: string) {
      const found = component.selectComponent?.(selector) ?? inner.getShadowRoot?.()?.querySelector(selector);
      return found ? wxsInstance(found) : null;
    },
    selectAllComponents: (selector: string) =>
      (inner.getShadowRoot?.()?.querySelectorAll(selector) ?? []).map((found: Any) => wxsInstance(found)),
    setStyle: (style: Record<string, string>) => Object.assign(elementOf(component).style, style),
    addClass: (name: string) => inner.classList.toggle(name, true),
    removeClass: (name: string) => inner.classList.toggle(name, false),
    hasClass: (name: string) => inner.classList.contains(name),
    getState: () => (component.__wxsState ??= {}),
    getComputedStyle: (names: string[]) => {
      const style = getComputedStyle(elementOf(component)) as Any;
      return Object.fromEntries(names.map((name) => [name, style[name]]));
    },
    getBoundingClientRect: () => elementOf(component).getBoundingClientRect(),
    setTimeout: (f: () => void, ms: number) => setTimeout(f, ms),
    clearTimeout: (id: number) => clearTimeout(id),
    requestAnimationFrame: (f: () => void) => requestAnimationFrame(f),
  };
}

/** Called by compiled templates for every handler: `path` is set when the handler is a WXS function. */
export function wxsEvent(caller: Any, event: Any, handler: Any, path: Any) {
  if (!path || path[0] === 0) return handler.call(caller, event);
  const wrapped = Object.create(event, { instance: { value: wxsInstance(event.currentTarget) } });
  return handler.call(null, wrapped, wxsInstance(caller));
}
