// How a base component is made: a glass-easel component without template over one DOM element.
import type { Any } from '../types.ts';
import { space } from '../glass.ts';

export type Property = { type: Any; value: Any };
export const string = (value = ''): Property => ({ type: String, value });
export const number = (value = 0): Property => ({ type: Number, value });
export const flag = (value = false): Property => ({ type: Boolean, value });
export const any = (value: Any = null): Property => ({ type: null, value });

/** What a component does with its element. */
export interface Behaviour {
  role?: string;
  /** A property changed. */
  update?(name: string, value: Any): void;
  attached?(): void;
  detached?(): void;
  /** What a label does to it. */
  activate?(): void;
  [extra: string]: Any;
}

const ARIA = (
  'Label Role Hidden Live Disabled Checked Expanded Labelledby Describedby Valuenow Valuemin Valuemax Valuetext Selected ' +
  'Haspopup Modal Atomic Owns Controls Errormessage Current Busy Pressed Required Level'
).split(' ');

const COMMON: Record<string, Property> = {
  hidden: flag(),
  hoverClass: string(),
  hoverStartTime: number(50),
  hoverStayTime: number(400),
  hoverStopPropagation: flag(),
  animation: any(),
  lang: string(),
};
for (const name of ARIA) COMMON[`aria${name}`] = any();

const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
const isSet = (value: Any) => value !== null && value !== undefined && value !== '';

/** Sets or removes an attribute. */
export function attribute(element: Element, name: string, value: Any) {
  if (value === false || !isSet(value)) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** An event of the component. Base components' events do not bubble, except tap. */
export const fire = (component: Any, name: string, detail: Any = {}, bubbles = false) =>
  component.triggerEvent(name, detail, { bubbles, composed: bubbles });

/** The behaviour behind a DOM element of a base component. */
export const behaviourOf = (element: Element | null | undefined): Behaviour | undefined =>
  (element as Any)?.__wxElement?.__api;

export const registered = new Set<string>();

function common(element: HTMLElement, name: string, value: Any): boolean {
  if (name === 'hidden') element.hidden = !!value;
  else if (name === 'ariaRole') {
    if (value) element.setAttribute('role', value);
  } else if (name.startsWith('aria')) {
    if (isSet(value)) element.setAttribute(kebab(name), String(value));
    else element.removeAttribute(kebab(name));
  } else return false;
  return true;
}

/** Registers `<name>`. `setup` runs once for each element. */
export function define(
  name: string,
  own: Record<string, Property> = {},
  setup: (element: Any, component: Any) => Behaviour = () => ({}),
) {
  const all = { ...COMMON, ...own };
  const properties: Any = {};
  for (const [key, property] of Object.entries(all)) {
    properties[key] = {
      ...property,
      observer(this: Any, value: Any) {
        this.__update?.(key, value);
      },
    };
  }
  const component = space.defineComponent({
    is: `wx/${name}`,
    options: { virtualHost: false },
    properties,
    template: null,
    lifetimes: {
      created(this: Any) {
        const element = this.$$;
        const behaviour = setup(element, this);
        this.__api = behaviour;
        this.__update = (key: string, value: Any) => {
          if (!common(element, key, value) || key === 'ariaLabel') behaviour.update?.(key, value);
        };
        if (behaviour.role) element.setAttribute('role', behaviour.role);
      },
      attached(this: Any) {
        for (const key of Object.keys(all)) if (this.data[key] !== all[key]!.value) this.__update(key, this.data[key]);
        this.__api.attached?.();
      },
      detached(this: Any) {
        this.__api.detached?.();
      },
    },
  });
  space.setGlobalUsingComponent(name, component.general());
  registered.add(name);
}
