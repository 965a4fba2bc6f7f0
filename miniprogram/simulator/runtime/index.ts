// Starts one phone: globals, wx, base components, then the app's main package calls in through `__mp`.
import type { Any, Manifest } from './types.ts';
import { API_BASE } from '../../app/config.ts';
import { appLife, defineApp, getApp, installAppErrors, setEnter, setVisible } from './app.ts';
import { installComponents } from './components/index.ts';
import { h } from './dom.ts';
import { installEvents, wxsEvent } from './events.ts';
import { listFiles } from './files.ts';
import { associate } from './glass.ts';
import { addPackage, define, exposeToApp, loadPackageOf, main, packageLoaded, setStyleSink, styles } from './modules.ts';
import { calls, change, config, errors, launchScene, launchUrl, onSettings, owner, report, settings, theme, warnings } from './mp.ts';
import { currentPage, host, navigate, pageInstances, pageVisibility, setBackendContext } from './pages.ts';
import css from './shell.css';
import { hideToast, toast } from './sheets/dialogs.ts';
import { openScanner, readCode } from './sheets/scanner.ts';
import { parseAddress } from './url.ts';
import { installAccount, scannedByWeChat } from './wx/account.ts';
import { wx } from './wx/api.ts';
import { installDevice, warnMemory } from './wx/device.ts';
import { installMedia } from './wx/media.ts';
import { installNetwork } from './wx/network.ts';
import { installPrivacy } from './wx/privacy.ts';
import { clearStorage, installStorage } from './wx/storage.ts';
import { installUi } from './wx/ui.ts';

const booted = performance.now();
config.hosts = { [API_BASE]: '/api-proxy', ...config.hosts };
document.head.append(h('style', {}, css));

const applyTheme = () => {
  document.documentElement.style.setProperty('--mp-theme', theme());
  document.documentElement.dataset.theme = theme();
  document.documentElement.dataset.network = settings.network;
};
applyTheme();
onSettings(applyTheme);

installComponents();
installEvents();
installAppErrors();
installNetwork();
installStorage();
installPrivacy();
installMedia();
installAccount();
installDevice();
installUi();

const globals = { App: defineApp, getApp, getCurrentPages: pageInstances, wx };
Object.assign(globalThis, globals);
exposeToApp(globals);

/** Opens the app at an address: at the first start, or again by a scan, a message or a shared card. */
async function enter(address: string, scene: number, cold = false) {
  const url = address || `/${main.appJson.entryPagePath ?? main.pages[0]}`;
  const { path, query } = parseAddress(url);
  setEnter({ path, query, scene }, cold);
  if (cold) appLife('onLaunch', mp.launch());
  appLife('onShow', mp.launch());
  await navigate.reLaunch({ url: url.startsWith('/') ? url : `/${url}` }).catch((e) => report('start', e));
}

const background = (hidden: boolean) => {
  if (hidden) pageVisibility(false);
  setVisible(!hidden);
  if (!hidden) pageVisibility(true);
};

/** Reachable by tests and by the desk as `__mp`. */
const mp: Any = {
  owner, calls, errors, warnings, settings, config, started: false, startMs: 0, bootMs: 0,
  define, wxsEvent, loaded: packageLoadedAndStart, package: (m: Manifest, s: Any, t: Any) => addPackage(m, s, t),
  launch: () => wx.getEnterOptionsSync(),
  change, enter, background, warnMemory, clearStorage, readCode, openScanner, toast, hideToast, loadPackageOf,
  files: listFiles,
  scan: (text: string) => scannedByWeChat(text, enter),
  page: () => currentPage(),
};
Object.assign(globalThis, { __mp: mp });

let context: Any;
setStyleSink((paths) => {
  if (!context) {
    context = associate();
    setBackendContext(context);
  }
  for (const path of paths) if (styles[path] !== undefined) context.registerStyleSheetContent(path, styles[path]);
});

function packageLoadedAndStart(pack: string) {
  packageLoaded(pack);
  if (!pack) void start();
}

async function start() {
  const from = performance.now();
  document.body.append(host);
  await enter(launchUrl, launchScene, true);
  mp.startMs = Math.round(performance.now() - from);
  mp.bootMs = Math.round(performance.now() - booted);
  mp.started = true;
  window.dispatchEvent(new CustomEvent('phone-started'));
}
