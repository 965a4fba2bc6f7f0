// App(): its lifetimes and what it was opened with.
import type { Any } from './types.ts';
import { emit, report } from './mp.ts';

export interface EnterOptions {
  path: string;
  query: Record<string, string>;
  scene: number;
  shareTicket: string;
  referrerInfo: object;
  apiCategory: string;
}

let definition: Any = {};

/** The options of the cold start. */
export let launchOptions: EnterOptions;
/** The options of the latest start, cold or warm. */
export let enterOptions: EnterOptions;

/** What a vendor's SDK would add to the app: this host stands in for E证通's. */
export const hostSdk: Any = {};

export const defineApp = (options: Any) => {
  definition = { eidSdk: hostSdk, ...options };
};
export const getApp = () => definition;

/** Calls a lifetime of the app; what it throws is reported, never thrown on. */
export function appLife(name: string, argument?: Any) {
  try {
    const result = definition[name]?.(argument);
    result?.catch?.((e: unknown) => report(`app.${name}`, e));
  } catch (e) {
    report(`app.${name}`, e);
  }
}

export function setEnter(options: Pick<EnterOptions, 'path' | 'query' | 'scene'>, cold: boolean) {
  enterOptions = { shareTicket: '', referrerInfo: {}, apiCategory: 'default', ...options };
  if (cold) launchOptions = enterOptions;
}

let visible = true;

/** Into the background (another app, a call, the screen off) and back. */
export function setVisible(next: boolean) {
  if (visible === next) return;
  visible = next;
  if (next) {
    appLife('onShow', enterOptions);
    emit('AppShow', enterOptions);
  } else {
    appLife('onHide');
    emit('AppHide');
  }
}

export function installAppErrors() {
  addEventListener('error', (e) => {
    if (/ResizeObserver loop/.test(e.message)) return;
    report('script', e.error ?? e.message);
    definition.onError?.(e.message);
    emit('Error', { message: e.message });
  });
  addEventListener('unhandledrejection', (e) => {
    report('unhandled rejection', e.reason);
    definition.onUnhandledRejection?.({ reason: e.reason });
    emit('UnhandledRejection', { reason: e.reason });
  });
}
