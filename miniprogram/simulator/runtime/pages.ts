// The page stack: open, show, hide, unload; tab pages are kept; each page lives in its own box.
import type { Any } from './types.ts';
import { codeSpace } from './glass.ts';
import { buildNav, buildTabs, isTab, paintBars, type BarActions, type Bars } from './chrome.ts';
import { h } from './dom.ts';
import { isLoaded, loadPackageOf, main, units } from './modules.ts';
import { calls, onSettings, report } from './mp.ts';
import { attachPullDown } from './pull-down.ts';
import { parseAddress } from './url.ts';
import { allowNodeFields } from './selector.ts';

const MAX_DEPTH = 10;

export interface Page {
  path: string;
  query: Record<string, string>;
  conf: Any;
  element: HTMLElement;
  view: HTMLElement;
  scroll: HTMLElement;
  bars: Bars;
  root: Any;
  instance: Any;
  ready: boolean;
}

const stack: Page[] = [];
const keptTabs = new Map<string, Page>();
let associated: Any;

export const host = h('div', { id: 'mp' });
export const currentPage = (): Page | undefined => stack.at(-1);
export const pageInstances = () => stack.map((page) => page.instance);
export const setBackendContext = (context: Any) => {
  associated = context;
};

const failure = (api: string, reason: string) => Object.assign(new Error(reason), { errMsg: `${api}:fail ${reason}` });

/** Calls a page's method; what it throws or rejects with is reported. */
export function callPage(page: Page, name: string, ...args: Any[]): Any {
  try {
    const result = page.instance[name]?.(...args);
    result?.catch?.((e: unknown) => report(`${page.path}.${name}`, e));
    return result;
  } catch (e) {
    report(`${page.path}.${name}`, e);
  }
}

const life = (page: Page, name: string, ...args: Any[]) => page.root.getComponent().triggerPageLifetime(name, args);

function show(page: Page) {
  page.element.hidden = false;
  callPage(page, 'onShow');
  life(page, 'show');
}

function hide(page: Page) {
  page.element.hidden = true;
  callPage(page, 'onHide');
  life(page, 'hide');
}

function unload(page: Page) {
  callPage(page, 'onUnload');
  page.root.release();
  page.element.remove();
}

/** Events between a page and the one that opened it. */
export function eventChannel() {
  const handlers: Record<string, ((...args: Any[]) => void)[]> = {};
  const on = (name: string, f: (...args: Any[]) => void) => void (handlers[name] ??= []).push(f);
  const off = (name: string, f?: Any) => {
    handlers[name] = f ? (handlers[name] ?? []).filter((x) => x !== f) : [];
  };
  return {
    on,
    off,
    once: (name: string, f: (...args: Any[]) => void) => {
      const wrapped = (...args: Any[]) => {
        off(name, wrapped);
        f(...args);
      };
      on(name, wrapped);
    },
    emit: (name: string, ...args: Any[]) => (handlers[name] ?? []).slice().forEach((f) => f(...args)),
  };
}

const actions: BarActions = {
  back: () => void navigate.navigateBack({}),
  home: () => void navigate.reLaunch({ url: `/${main.appJson.entryPagePath ?? main.pages[0]}` }),
  tab(path, text) {
    const page = currentPage();
    if (page) callPage(page, 'onTabItemTap', { pagePath: path, text, index: 0 });
    void navigate.switchTab({ url: `/${path}` });
  },
  menu: () => calls.push({ name: 'capsule', args: {} }),
};

function buildBox(path: string) {
  const conf = { ...main.appJson.window, ...units.get(path)!.json };
  const { nav, title } = buildNav(path, stack.length, actions);
  const scroll = h('div', { className: 'mp-scroll' });
  const view = h('div', { className: 'mp-view' }, scroll);
  const tabs = buildTabs(path, actions);
  const element = h('section', { className: 'mp-page', 'data-route': path }, nav, view, tabs);
  host.append(element);
  const bars = { nav, title, tabs };
  paintBars(element, path, conf, bars);
  const measure = () => view.style.setProperty('--mp-vh', `${view.clientHeight / 100}px`);
  measure();
  addEventListener('resize', measure);
  return { conf, element, view, scroll, bars };
}

function watchScroll(page: Page) {
  const { scroll } = page;
  let atBottom = false;
  const onScroll = () => {
    callPage(page, 'onPageScroll', { scrollTop: scroll.scrollTop });
    const distance = page.conf.onReachBottomDistance ?? 50;
    const near = scroll.scrollTop + scroll.clientHeight > scroll.scrollHeight - distance;
    if (near && !atBottom) callPage(page, 'onReachBottom');
    atBottom = near;
  };
  scroll.addEventListener('scroll', onScroll, { passive: true });
  if (page.conf.enablePullDownRefresh) attachPullDown(page, () => callPage(page, 'onPullDownRefresh'));
}

function open(path: string, query: Record<string, string>, channel?: Any): Page {
  const box = buildBox(path);
  const root = associated.createRoot('page', codeSpace, path);
  const page: Page = { path, query, root, instance: root.get(), ready: false, ...box };
  Object.assign(page.instance, {
    route: path,
    options: query,
    getOpenerEventChannel: () => channel ?? eventChannel(),
    getTabBar: () => null,
    getAppBar: () => null,
    animate() {},
    clearAnimation() {},
  });
  allowNodeFields(page.instance);
  root.attach(page.scroll, page.scroll.appendChild(document.createElement('span')));
  watchScroll(page);
  stack.push(page);
  callPage(page, 'onLoad', query);
  show(page);
  requestAnimationFrame(() => {
    callPage(page, 'onReady');
    page.ready = true;
  });
  return page;
}

/** Finds the page an address names, loading its sub-package if need be. */
async function locate(api: string, url: unknown) {
  if (typeof url !== 'string') throw failure(api, 'parameter error: parameter.url should be String instead of Undefined');
  const address = parseAddress(url, currentPage()?.path);
  if (!main.pages.includes(address.path)) throw failure(api, `page "${address.path}" is not found`);
  if (!isLoaded(address.path)) await loadPackageOf(address.path);
  return address;
}

function closeAll() {
  while (stack.length) unload(stack.pop()!);
  for (const page of keptTabs.values()) unload(page);
  keptTabs.clear();
}

function toTab(path: string) {
  while (stack.length > 1) unload(stack.pop()!);
  const current = stack.pop();
  if (current?.path === path) {
    stack.push(current);
    if (current.element.hidden) show(current);
    return;
  }
  if (current && isTab(current.path)) {
    keptTabs.set(current.path, current);
    if (!current.element.hidden) hide(current);
  } else if (current) {
    unload(current);
  }
  const kept = keptTabs.get(path);
  if (!kept) return void open(path, {});
  keptTabs.delete(path);
  stack.push(kept);
  show(kept);
}

export const navigate = {
  async navigateTo(o: Any) {
    const { path, query } = await locate('navigateTo', o.url);
    if (isTab(path)) throw failure('navigateTo', 'can not navigateTo a tabbar page');
    if (stack.length >= MAX_DEPTH) throw failure('navigateTo', 'webview count limit exceed');
    const channel = eventChannel();
    for (const [name, f] of Object.entries<Any>(o.events ?? {})) channel.on(name, f);
    const previous = currentPage();
    if (previous) hide(previous);
    open(path, query, channel);
    return { eventChannel: channel };
  },
  async redirectTo(o: Any) {
    const { path, query } = await locate('redirectTo', o.url);
    if (isTab(path)) throw failure('redirectTo', 'can not redirectTo a tabbar page');
    const current = stack.pop();
    if (current) unload(current);
    open(path, query);
  },
  async reLaunch(o: Any) {
    const { path, query } = await locate('reLaunch', o.url);
    closeAll();
    open(path, query);
  },
  async switchTab(o: Any) {
    const { path } = await locate('switchTab', o.url);
    if (!isTab(path)) throw failure('switchTab', 'can not switch to no-tabBar page');
    toTab(path);
  },
  async navigateBack(o: Any) {
    const count = Math.min(o.delta ?? 1, stack.length - 1);
    for (let i = 0; i < count; i++) unload(stack.pop()!);
    if (count > 0) show(stack.at(-1)!);
  },
};

/** Changes the bars of the page on top: wx.setNavigationBarTitle and the like. */
export function setBars(next: Any) {
  const page = currentPage();
  if (!page) return;
  Object.assign(page.conf, next);
  paintBars(page.element, page.path, page.conf, page.bars);
}

onSettings(() => {
  for (const page of [...stack, ...keptTabs.values()]) paintBars(page.element, page.path, page.conf, page.bars);
});

/** The app goes to the background: the page on top hears of it too. */
export function pageVisibility(visible: boolean) {
  const page = currentPage();
  if (!page) return;
  callPage(page, visible ? 'onShow' : 'onHide');
  life(page, visible ? 'show' : 'hide');
}
