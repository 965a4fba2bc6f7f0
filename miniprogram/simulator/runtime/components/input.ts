// input and textarea.
import type { Any } from '../types.ts';
import { any, define, fire, flag, number, string, type Behaviour } from './registry.ts';

const INPUT_MODES: Record<string, string> = { number: 'numeric', digit: 'decimal', idcard: 'text', text: 'text', nickname: 'text' };

const OWN = {
  name: string(), value: string(), type: string('text'), password: flag(), placeholder: string(), placeholderStyle: string(),
  placeholderClass: string(), disabled: flag(), maxlength: number(140), cursorSpacing: number(), focus: flag(), autoFocus: flag(),
  confirmType: string('done'), confirmHold: flag(), alwaysEmbed: flag(), cursor: number(-1), cursorColor: string(),
  selectionStart: number(-1), selectionEnd: number(-1), adjustPosition: flag(true), holdKeyboard: flag(), alwaysSystem: flag(),
  safePasswordCertPath: string(), safePasswordLength: number(), safePasswordTimeStamp: number(), safePasswordNonce: string(),
  safePasswordSalt: string(), safePasswordCustomHash: string(), autoHeight: flag(), fixed: flag(), showConfirmBar: flag(true),
  disableDefaultPadding: flag(), adjustKeyboardTo: string('cursor'), autoFill: string(), randomNumber: any(),
};

const field = (tag: 'input' | 'textarea') =>
  function setup(element: Any, component: Any): Behaviour {
    const control = element.appendChild(document.createElement(tag)) as HTMLInputElement;
    control.autocomplete = 'off';
    let committed = '';
    const grow = () => {
      if (tag !== 'textarea' || !component.data.autoHeight) return;
      element.style.height = 'auto';
      control.style.height = 'auto';
      control.style.height = `${control.scrollHeight}px`;
    };
    control.addEventListener('input', () => {
      const limit = component.data.maxlength;
      if (limit > 0 && control.value.length > limit) control.value = control.value.slice(0, limit);
      const { value } = control;
      component.replaceDataOnPath(['value'], value);
      component.applyDataUpdates?.();
      fire(component, 'input', { value, cursor: control.selectionStart, keyCode: 0 });
      grow();
    });
    control.addEventListener('focus', () => fire(component, 'focus', { value: control.value, height: 0 }));
    control.addEventListener('blur', () => {
      fire(component, 'blur', { value: control.value, cursor: 0 });
      if (committed !== control.value) {
        committed = control.value;
        fire(component, 'change', { value: control.value });
      }
    });
    control.addEventListener('keydown', (e) => {
      if (e.key !== 'Enter' || tag !== 'input') return;
      fire(component, 'confirm', { value: control.value });
      if (!component.data.confirmHold) control.blur();
    });
    element.__field = {
      name: () => component.data.name,
      value: () => control.value,
      reset: () => (control.value = ''),
    };
    return {
      activate: () => control.focus(),
      update(name, value) {
        if (name === 'value' && control.value !== String(value ?? '')) control.value = value ?? '';
        else if (name === 'placeholder') control.placeholder = value;
        else if (name === 'password') control.type = value ? 'password' : 'text';
        else if (name === 'disabled') control.disabled = !!value;
        else if (name === 'type') control.inputMode = INPUT_MODES[value] ?? 'text';
        else if ((name === 'focus' || name === 'autoFocus') && value) queueMicrotask(() => control.focus());
        else if (name === 'ariaLabel') control.setAttribute('aria-label', value);
        else if (name === 'placeholderStyle') control.style.setProperty('--placeholder', /color:\s*([^;]+)/.exec(value)?.[1] ?? '');
      },
      attached: grow,
    };
  };

export function installInputs() {
  define('input', OWN, field('input'));
  define('textarea', OWN, field('textarea'));
}
