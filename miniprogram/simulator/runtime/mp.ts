// The host's own state, reachable as `__mp` by tests and by the desk around the phone.
import type { Any } from './types.ts';

const params = new URLSearchParams(location.search);

export type Network = 'wifi' | '3g' | 'none';

export interface Settings {
  /** 'system' follows the browser. */
  theme: 'system' | 'light' | 'dark';
  /** WeChat's own font size: 1 is normal, 1.4 is care mode (关怀模式). */
  fontScale: number;
  network: Network;
  /** 'ask' shows a sheet before the first camera or microphone use, as WeChat does. */
  permissions: 'ask' | 'grant' | 'deny';
  /** Whether the privacy guide must be agreed to before private APIs. */
  privacy: 'ask' | 'agreed';
  /** 'auto' takes the webcam when there is one, else the drawn face. */
  camera: 'auto' | 'webcam' | 'drawn';
}

/** One `wx` call, for tests. */
export interface Call {
  name: string;
  args: Any;
}

/** Whose phone this is: an openid of the sandbox, or 'nobody' when opened without one. */
export const owner = params.get('as') ?? 'nobody';

export const config = {
  appId: 'wx0000000000000000',
  sdk: '3.8.12',
  platform: 'ios',
  envVersion: 'develop',
  /** Host mapping: prefix of the app's URLs → where the requests really go. */
  hosts: {} as Record<string, string>,
  ...((window as Any).__host ?? {}),
};

const SETTINGS_KEY = `phone:${owner}:settings`;

function storedSettings(): Settings {
  const base: Settings = { theme: 'system', fontScale: 1, network: 'wifi', permissions: 'ask', privacy: 'ask', camera: 'auto' };
  try {
    Object.assign(base, JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? '{}'));
  } catch {
    // a damaged record means default settings
  }
  for (const key of ['theme', 'network', 'permissions', 'privacy', 'camera'] as const) {
    const given = params.get(key);
    if (given) (base as Any)[key] = given;
  }
  if (params.get('font')) base.fontScale = Number(params.get('font'));
  return base;
}

export const settings: Settings = storedSettings();

const watchers = new Set<(changed: Partial<Settings>) => void>();

/** Calls `f` after each change of the phone's settings. */
export const onSettings = (f: (changed: Partial<Settings>) => void) => void watchers.add(f);

/** Changes settings of the phone; they are kept for its owner. */
export function change(next: Partial<Settings>) {
  Object.assign(settings, next);
  localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  for (const f of watchers) f(next);
}

const dark = matchMedia('(prefers-color-scheme: dark)');
export const theme = (): 'light' | 'dark' => (settings.theme === 'system' ? (dark.matches ? 'dark' : 'light') : settings.theme);
dark.addEventListener('change', () => watchers.forEach((f) => f({ theme: settings.theme })));

export const calls: Call[] = [];
export const errors: string[] = [];
export const warnings: string[] = [];

/** An error of the app or the host. Tests fail on any; the desk shows them. */
export function report(where: string, error: unknown) {
  const e = error as Any;
  const text = `${where}: ${e?.errMsg ?? e?.stack ?? String(error)}`;
  errors.push(text);
  console.error('[phone]', text);
  window.dispatchEvent(new CustomEvent('phone-error', { detail: text }));
}

/** Everything the phone's owner granted or refused: scope.camera and so on. */
export const scopes: Record<string, boolean> = JSON.parse(localStorage.getItem(`phone:${owner}:scopes`) ?? '{}');
export const saveScopes = () => localStorage.setItem(`phone:${owner}:scopes`, JSON.stringify(scopes));

/** Event subscribers of `wx.on…`. */
export const listeners: Record<string, Set<(...args: Any[]) => void>> = {};
export const emit = (event: string, ...args: Any[]) => {
  for (const f of [...(listeners[event] ?? [])]) {
    try {
      f(...args);
    } catch (e) {
      report(`on${event}`, e);
    }
  }
};

export const launchUrl = params.get('path') ?? '';
export const launchScene = Number(params.get('launch') ?? 1001);
