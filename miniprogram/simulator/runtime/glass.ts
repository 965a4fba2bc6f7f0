// glass-easel, the component framework WeChat itself ships, set up for one browser document.
import * as adapter from 'glass-easel-miniprogram-adapter';
import type { Any } from './types.ts';
import { report, warnings } from './mp.ts';
import { copy, refusal } from './serialise.ts';

const { glassEasel } = adapter as Any;
export { glassEasel };

/** `rpx` in inline styles: 750rpx are the width of the screen. */
export const inlineRpx = (style: string) =>
  style.replace(/(-?(?:\d*\.)?\d+)rpx\b/g, (_, n) => `${+(Number(n) / 7.5).toFixed(5)}vw`);

const INPUT_EVENTS = /^(touch(start|move|end|cancel)|transitionend|animation(start|end|iteration))$/;

class Backend extends (glassEasel.CurrentWindowBackendContext as { new (): Any }) {
  constructor() {
    super();
    const createElement = (tag: string) => {
      const element = document.createElement(`wx-${tag}`);
      const set = element.setAttribute;
      element.setAttribute = (name: string, value: string) =>
        set.call(element, name, name === 'style' && typeof value === 'string' ? inlineRpx(value) : value);
      return element;
    };
    this.document = {
      createElement,
      createTextNode: (text: string) => document.createTextNode(text),
      createDocumentFragment: () => document.createDocumentFragment(),
    };
  }

  /** Only real touch and animation events may come from the DOM; `input`, `scroll`… come from the base components. */
  setListenerStats(element: Any, type: string, capture: boolean, level: Any) {
    if (INPUT_EVENTS.test(type)) super.setListenerStats(element, type, capture, level);
  }
}

export const backend: Any = new Backend();
const env = new (adapter as Any).MiniProgramEnv();
export const codeSpace: Any = env.createCodeSpace('', true);
export const space: Any = codeSpace.getComponentSpace();
export const associate = () => env.associateBackend(backend);

glassEasel.globalOptions.throwGlobalError = false;
glassEasel.addGlobalErrorListener?.((error: unknown, meta: Any) => {
  report(`glass-easel ${meta?.type ?? ''}`, error);
  return false;
});
glassEasel.addGlobalWarningListener?.((message: string) => {
  warnings.push(message);
  return false;
});

// ids are for CSS and tests; node fields are left alone because components may have a property called `dataset`
const prepare = codeSpace.prepareComponentOptions.bind(codeSpace);
codeSpace.prepareComponentOptions = (is: string, definition: Any) => {
  const [options, isolation] = prepare(is, definition);
  return [{ ...options, idPrefixGenerator: null, writeIdToDOM: true, writeFieldsToNode: false }, isolation];
};

// glass-easel leaves the `ready` lifetime to the host: after layout, children before parents
const waiting: Any[] = [];
const flushReady = () => {
  for (const component of waiting.splice(0).reverse()) component.triggerLifetime('ready', []);
};
codeSpace.setOverallBehavior(
  space.defineBehavior({
    lifetimes: {
      attached(this: Any) {
        const component = this._$ ?? this;
        if (component.__ready) return;
        component.__ready = true;
        if (!waiting.length) requestAnimationFrame(flushReady);
        waiting.push(component);
      },
    },
  }),
);

// setData as on a device: checked, and copied so that later changes of the object are not seen by the view
for (const method of ['setData', 'updateData'] as const) {
  const original = glassEasel.Component.prototype[method];
  glassEasel.Component.prototype[method] = function (this: Any, data: Any) {
    const reason = data && refusal(data);
    if (reason && !String(this.is).includes('miniprogram_npm')) {
      report(`${this.is}.${method}`, new Error(`${reason}: it does not reach the view of a phone`));
    }
    return original.call(this, reason ? data : copy(data));
  };
}
