// The device, WeChat's version, randomness, clipboard, vibration, and the `on…` events.
import type { Any } from '../types.ts';
import { enterOptions, launchOptions } from '../app.ts';
import { config, emit, listeners, onSettings, settings, theme } from '../mp.ts';
import { currentPage } from '../pages.ts';
import { toast } from '../sheets/dialogs.ts';
import { async, has, refuse, sync } from './api.ts';
import { registered } from '../components/registry.ts';

const EVENTS = [
  'AppShow', 'AppHide', 'Error', 'UnhandledRejection', 'PageNotFound', 'ThemeChange', 'NetworkStatusChange',
  'NeedPrivacyAuthorization', 'UserCaptureScreen', 'KeyboardHeightChange', 'WindowResize', 'MemoryWarning', 'NetworkWeakChange',
];
const STATUS_BAR = 20;
const NAV_BAR = 44;
const RANDOM_LIMIT = 1_048_576;
const BASE_FONT = 17;

function windowInfo() {
  const view = currentPage()?.view;
  return {
    pixelRatio: devicePixelRatio,
    screenWidth: innerWidth,
    screenHeight: innerHeight,
    windowWidth: innerWidth,
    windowHeight: view?.clientHeight ?? innerHeight - STATUS_BAR - NAV_BAR,
    statusBarHeight: STATUS_BAR,
    safeArea: { left: 0, top: STATUS_BAR, right: innerWidth, bottom: innerHeight, width: innerWidth, height: innerHeight - STATUS_BAR },
    screenTop: STATUS_BAR + NAV_BAR,
  };
}

const deviceInfo = () => ({
  brand: 'iPhone', model: 'phone on the desk', system: 'iOS 17.0', platform: config.platform, abi: '', benchmarkLevel: -1,
  memorySize: '4096', cpuType: 'unknown',
});

const baseInfo = () => ({
  SDKVersion: config.sdk, version: '8.0.60', language: 'zh_CN', theme: theme(), fontSizeSetting: BASE_FONT * settings.fontScale,
  fontSizeScaleFactor: settings.fontScale, host: { env: 'WeChat' }, enableDebug: false,
});

function installCapabilities() {
  sync('canIUse', (schema: string) => {
    const [name = '', ...rest] = schema.split('.');
    return has(name) || (registered.has(name) && rest.length < 3);
  });
  sync('getWindowInfo', windowInfo);
  sync('getDeviceInfo', deviceInfo);
  sync('getAppBaseInfo', baseInfo);
  sync('getSystemInfoSync', () => ({ ...windowInfo(), ...deviceInfo(), ...baseInfo() }));
  async('getSystemInfo', () => ({ ...windowInfo(), ...deviceInfo(), ...baseInfo() }));
  sync('getSystemSetting', () => ({ bluetoothEnabled: false, locationEnabled: true, wifiEnabled: true, deviceOrientation: 'portrait' }));
  sync('getAppAuthorizeSetting', () => ({
    cameraAuthorized: 'authorized', microphoneAuthorized: 'authorized', albumAuthorized: 'authorized', notificationAuthorized: 'authorized',
  }));
  sync('getMenuButtonBoundingClientRect', () => ({
    width: 87, height: 32, left: innerWidth - 94, right: innerWidth - 7, top: STATUS_BAR + 6, bottom: STATUS_BAR + 38,
  }));
  sync('getLaunchOptionsSync', () => launchOptions);
  sync('getEnterOptionsSync', () => enterOptions);
}

function installEvents() {
  for (const event of EVENTS) {
    const set = (listeners[event] ??= new Set());
    sync(`on${event}`, (f: Any) => void set.add(f));
    sync(`off${event}`, (f?: Any) => void (f ? set.delete(f) : set.clear()));
  }
  let shown = theme();
  onSettings(() => {
    if (shown === theme()) return;
    shown = theme();
    emit('ThemeChange', { theme: shown });
  });
}

function fillRandom(name: string, o: Any) {
  const length = o.length;
  if (!Number.isInteger(length) || length <= 0 || length > RANDOM_LIMIT) throw refuse(name, 'parameter error: length is invalid');
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return { randomValues: bytes.buffer };
}

let clipboard = '';

export function installDevice() {
  installCapabilities();
  installEvents();
  async('getRandomValues', (o) => fillRandom('getRandomValues', o));
  sync('getUserCryptoManager', () => ({
    getRandomValues(o: Any) {
      try {
        o.success?.({ errMsg: 'getRandomValues:ok', ...fillRandom('getRandomValues', o) });
      } catch (e) {
        o.fail?.({ errMsg: (e as Any).errMsg });
      }
    },
    getLatestUserKey: (o: Any) => o.fail?.({ errMsg: 'getLatestUserKey:fail not offered by this host' }),
  }));
  async('setClipboardData', (o) => {
    clipboard = o.data;
    void navigator.clipboard?.writeText(o.data).catch(() => {});
    toast('内容已复制');
  });
  async('getClipboardData', () => ({ data: clipboard }));
  async('makePhoneCall', (o) => toast(`呼叫 ${o.phoneNumber}`));
  for (const name of ['vibrateShort', 'vibrateLong', 'setKeepScreenOn', 'setVisualEffectOnCapture']) async(name, () => ({}));
  sync('getUpdateManager', () => ({
    onCheckForUpdate: (f: Any) => f({ hasUpdate: false }), onUpdateReady: () => {}, onUpdateFailed: () => {}, applyUpdate: () => {},
  }));
  sync('nextTick', (f: () => void) => void Promise.resolve().then(f));
  const log = { debug: console.debug, info: console.info, log: console.log, warn: console.warn, error: console.error };
  sync('getLogManager', () => log);
  sync('getRealtimeLogManager', () => ({ ...log, setFilterMsg: () => {}, addFilterMsg: () => {} }));
  sync('reportEvent', () => {});
  sync('reportPerformance', () => {});
  async('navigateToMiniProgram', () => toast('打开其他小程序'));
  async('exitMiniProgram', () => toast('退出小程序'));
}

/** For the desk: the phone runs short of memory. */
export const warnMemory = () => emit('MemoryWarning', { level: 10 });
