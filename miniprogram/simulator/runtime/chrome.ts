// What WeChat draws around a page: status bar, navigation bar with capsule, tab bar.
import type { Any } from './types.ts';
import { h } from './dom.ts';
import { main } from './modules.ts';
import { settings, theme } from './mp.ts';
import { fileUrl } from './files.ts';

/** A colour of app.json, page.json or theme.json ("@name"). */
export const themed = (value: Any): Any =>
  typeof value === 'string' && value.startsWith('@') ? main.theme?.[theme()]?.[value.slice(1)] : value;

export interface Bars {
  nav: HTMLElement;
  title: HTMLElement;
  tabs: HTMLElement | null;
}

export interface BarActions {
  back(): void;
  home(): void;
  tab(path: string, text: string): void;
  menu(): void;
}

export const isTab = (path: string) => !!main.appJson.tabBar?.list.some((tab: Any) => tab.pagePath === path);

const clock = () => new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false });

function statusBar() {
  const time = h('span', { className: 'time' }, clock());
  setInterval(() => (time.textContent = clock()), 20_000);
  const signal = h('span', { className: 'signal' }, settings.network === 'none' ? '无网络' : '');
  return h('div', { className: 'mp-status', 'aria-hidden': 'true' }, time, signal, h('i', { className: 'battery' }));
}

/** Navigation bar of a page. `depth` > 0 shows the way back; a first page that is no tab shows the way home. */
export function buildNav(path: string, depth: number, actions: BarActions): Pick<Bars, 'nav' | 'title'> {
  const title = h('span', { className: 'title', role: 'heading', 'aria-level': '1' });
  const nav = h('header', { className: 'mp-nav' }, statusBar());
  if (depth > 0) {
    nav.append(h('button', { className: 'back', 'aria-label': '返回', onclick: actions.back }));
  } else if (!isTab(path)) {
    nav.append(h('button', { className: 'back home', 'aria-label': '首页', onclick: actions.home }));
  }
  const capsule = h(
    'span',
    { className: 'capsule' },
    h('button', { 'aria-label': '更多', className: 'dots', onclick: actions.menu }),
    h('button', { 'aria-label': '关闭小程序', className: 'ring', onclick: actions.menu }),
  );
  nav.append(title, capsule);
  return { nav, title };
}

/** The tab bar shown under `path`, or null when the page is no tab. */
export function buildTabs(path: string, actions: BarActions): HTMLElement | null {
  if (!isTab(path)) return null;
  const bar = h('nav', { className: 'mp-tabbar', 'aria-label': '标签栏' });
  for (const tab of main.appJson.tabBar.list) {
    const button = h('button', { 'aria-current': tab.pagePath === path ? 'page' : undefined });
    button.onclick = () => actions.tab(tab.pagePath, tab.text);
    button.dataset.path = tab.pagePath;
    if (tab.iconPath) button.append(h('img', { alt: '' }));
    button.append(h('span', {}, tab.text));
    bar.append(button);
  }
  return bar;
}

const isDark = (colour: string) => colour !== 'black';

/** Colours and words of the bars, from the page's configuration and the theme. */
export function paintBars(element: HTMLElement, path: string, conf: Any, bars: Bars) {
  bars.nav.style.background = themed(conf.navigationBarBackgroundColor) ?? '#000';
  bars.nav.style.color = isDark(themed(conf.navigationBarTextStyle) ?? 'white') ? '#fff' : '#000';
  bars.nav.classList.toggle('custom', conf.navigationStyle === 'custom');
  bars.title.textContent = conf.navigationBarTitleText ?? '';
  element.style.background = themed(conf.backgroundColor) ?? '#fff';
  const tabBar = main.appJson.tabBar;
  if (!bars.tabs || !tabBar) return;
  bars.tabs.style.background = themed(tabBar.backgroundColor) ?? '#fff';
  bars.tabs.style.setProperty('--line', themed(tabBar.borderStyle) === 'white' ? 'rgba(255,255,255,.16)' : 'rgba(0,0,0,.1)');
  for (const tab of tabBar.list) {
    const button = bars.tabs.querySelector<HTMLElement>(`[data-path="${tab.pagePath}"]`)!;
    const selected = tab.pagePath === path;
    button.style.color = themed(selected ? tabBar.selectedColor : tabBar.color) ?? '';
    const icon = themed(selected ? (tab.selectedIconPath ?? tab.iconPath) : tab.iconPath);
    const image = button.querySelector('img');
    if (image && icon) image.src = fileUrl(icon);
  }
}
