// form, label, checkbox, radio, switch, slider.
import type { Any } from '../types.ts';
import { attribute, behaviourOf, define, fire, flag, number, string, type Behaviour } from './registry.ts';
import { h } from '../dom.ts';

const CONTROLS = 'wx-checkbox,wx-radio,wx-switch,wx-input,wx-textarea,wx-button';
const fieldsIn = (element: Element): Any[] => [...element.querySelectorAll('*')].map((x: Any) => x.__field).filter(Boolean);

function installForm() {
  define('form', { reportSubmit: flag(), reportSubmitTimeout: number() }, (element, component) => ({
    submit() {
      const value: Record<string, Any> = {};
      for (const field of fieldsIn(element)) if (field.name()) value[field.name()] = field.value();
      fire(component, 'submit', { value, formId: '' });
    },
    reset() {
      for (const field of fieldsIn(element)) field.reset?.();
      fire(component, 'reset');
    },
  }));
  define('label', { for: string() }, (element, component) => {
    component.addListener('tap', (e: Any) => {
      const touched = e.getOriginalEvent?.()?.target?.closest?.(CONTROLS);
      if (touched && element.contains(touched)) return;
      const named = component.data.for && document.getElementById(component.data.for);
      behaviourOf(named || element.querySelector(CONTROLS))?.activate?.();
    });
    return {};
  });
}

const choice = (kind: 'checkbox' | 'radio') =>
  function setup(element: Any, component: Any): Behaviour {
    const mark = h('i', { 'aria-hidden': 'true' });
    element.insertBefore(mark, element.firstChild);
    const set = (on: boolean, byUser: boolean) => {
      component.__on = on;
      mark.toggleAttribute('data-on', on);
      mark.style.setProperty('--on', component.data.color || '');
      element.setAttribute('aria-checked', String(on));
      if (byUser) behaviourOf(element.closest(`wx-${kind}-group`))?.changed?.(component);
    };
    component.__set = set;
    const activate = () => {
      if (!component.data.disabled) set(kind === 'radio' ? true : !component.__on, true);
    };
    component.addListener('tap', activate);
    return {
      role: kind,
      activate,
      update(name, value) {
        if (name === 'checked') set(!!value, false);
      },
      attached: () => set(!!component.data.checked, false),
    };
  };

const choiceGroup = (kind: 'checkbox' | 'radio') =>
  function setup(element: Any, component: Any): Behaviour {
    const members = () => [...element.querySelectorAll(`wx-${kind}`)].map((x: Any) => x.__wxElement);
    const value = () => {
      const on = members().filter((member) => member.__on).map((member) => member.data.value);
      return kind === 'radio' ? (on[0] ?? '') : on;
    };
    element.__field = { name: () => component.data.name, value };
    return {
      role: kind === 'radio' ? 'radiogroup' : 'group',
      changed(source: Any) {
        if (kind === 'radio') for (const member of members()) if (member !== source) member.__set(false);
        fire(component, 'change', { value: value() });
      },
    };
  };

function installSwitch() {
  const own = { name: string(), checked: flag(), disabled: flag(), type: string('switch'), color: string('#04BE02') };
  define('switch', own, (element, component) => {
    const track = element.appendChild(h('i', { 'aria-hidden': 'true' }));
    const paint = (on: boolean) => {
      component.__on = on;
      attribute(track, 'data-on', on);
      track.style.setProperty('--on', component.data.color);
      element.setAttribute('aria-checked', String(on));
    };
    const activate = () => {
      if (component.data.disabled) return;
      paint(!component.__on);
      fire(component, 'change', { value: component.__on });
    };
    component.addListener('tap', activate);
    element.__field = { name: () => component.data.name, value: () => !!component.__on };
    return {
      role: 'switch',
      activate,
      update(name, value) {
        if (name === 'checked') paint(!!value);
      },
      attached: () => paint(!!component.data.checked),
    };
  });
  const range = {
    name: string(), min: number(), max: number(100), step: number(1), value: number(), disabled: flag(), showValue: flag(),
    color: string(), activeColor: string(), backgroundColor: string(), blockSize: number(28), blockColor: string(), selectedColor: string(),
  };
  define('slider', range, (element, component) => {
    const control = element.appendChild(h('input', { type: 'range' }));
    control.oninput = () => fire(component, 'changing', { value: +control.value });
    control.onchange = () => fire(component, 'change', { value: +control.value });
    element.__field = { name: () => component.data.name, value: () => +control.value };
    const paint = () => {
      const { min, max, step, value } = component.data;
      Object.assign(control, { min, max, step, value });
    };
    return { update: paint, attached: paint };
  });
}

export function installForms() {
  installForm();
  const own = { value: string(), disabled: flag(), checked: flag(), color: string() };
  define('checkbox', own, choice('checkbox'));
  define('radio', own, choice('radio'));
  define('checkbox-group', { name: string() }, choiceGroup('checkbox'));
  define('radio-group', { name: string() }, choiceGroup('radio'));
  installSwitch();
}
