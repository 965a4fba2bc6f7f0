// button (with open-type) and navigator.
import type { Any } from '../types.ts';
import { any, attribute, behaviourOf, define, fire, flag, number, string } from './registry.ts';
import { navigate } from '../pages.ts';
import { report } from '../mp.ts';

/** What open types do; each wx domain adds its own. */
export const openTypes: Record<string, (component: Any) => void> = {};

const SILENT = new Set(['launchApp', 'chooseInvoiceTitle']);

function runOpenType(component: Any) {
  for (const type of String(component.data.openType).split('|').filter(Boolean)) {
    const open = openTypes[type];
    if (open) open(component);
    else if (!SILENT.has(type)) report('button', new Error(`open-type="${type}" is not offered by this host`));
  }
}

export function installButtons() {
  const own = {
    size: string('default'), type: string('default'), plain: flag(), disabled: flag(), loading: flag(), formType: string(),
    openType: string(), sessionFrom: string(), sendMessageTitle: string(), sendMessagePath: string(), sendMessageImg: string(),
    showMessageCard: flag(), appParameter: string(), businessId: string(), phoneNumberNoQuotaToast: flag(true),
    needShowEntrance: any(), entrancePath: any(), activityId: any(), createActivity: any(),
  };
  define('button', own, (element, component) => {
    element.tabIndex = 0;
    component.addListener('tap', () => {
      if (component.data.disabled) return;
      const { formType } = component.data;
      if (formType) behaviourOf(element.closest('wx-form'))?.[formType]?.();
      if (component.data.openType) runOpenType(component);
    });
    element.addEventListener('keydown', (e: KeyboardEvent) => {
      if (e.key !== 'Enter' && e.key !== ' ') return;
      e.preventDefault();
      fire(component, 'tap', {}, true);
    });
    return {
      role: 'button',
      update(name, value) {
        if (['type', 'size', 'plain', 'disabled', 'loading'].includes(name)) attribute(element, name, value);
        if (name === 'disabled') element.setAttribute('aria-disabled', String(!!value));
      },
    };
  });

  const link = {
    target: string('self'), url: string(), openType: string('navigate'), delta: number(1), appId: string(), path: string(),
    extraData: any(), version: string(), shortLink: string(),
  };
  const VERBS: Record<string, keyof typeof navigate> = {
    navigate: 'navigateTo', redirect: 'redirectTo', switchTab: 'switchTab', reLaunch: 'reLaunch', navigateBack: 'navigateBack',
  };
  define('navigator', link, (_, component) => {
    component.addListener('tap', () => {
      const verb = VERBS[component.data.openType];
      if (!verb) return;
      navigate[verb](component.data).then(
        () => fire(component, 'success', {}),
        (e: Any) => {
          fire(component, 'fail', { errMsg: e.errMsg });
          report('navigator', e);
        },
      );
    });
    return { role: 'link' };
  });
}
