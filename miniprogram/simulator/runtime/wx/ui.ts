// Toasts, dialogs, bars, navigation, scrolling, queries.
import type { Any } from '../types.ts';
import { callPage, currentPage, navigate, setBars } from '../pages.ts';
import { startPullDown, stopPullDown } from '../pull-down.ts';
import { isTab } from '../chrome.ts';
import { main } from '../modules.ts';
import { actionSheet, hideToast, modal, toast, type ToastIcon } from '../sheets/dialogs.ts';
import { async, refuse, sync } from './api.ts';

const HARMLESS = [
  'showNavigationBarLoading', 'hideNavigationBarLoading', 'hideHomeButton', 'setBackgroundColor', 'setBackgroundTextStyle',
  'setTabBarStyle', 'showShareMenu', 'hideShareMenu', 'updateShareMenu', 'hideKeyboard', 'enableAlertBeforeUnload',
  'disableAlertBeforeUnload', 'preloadPage', 'hideTabBarRedDot', 'showTabBarRedDot',
];

function installDialogs() {
  const icon = (o: Any): ToastIcon => (o.image ? 'none' : (o.icon ?? 'success'));
  async('showToast', (o) => toast(o.title ?? '', o.duration ?? 1500, icon(o), !!o.mask));
  async('hideToast', hideToast);
  async('showLoading', (o) => toast(o.title ?? '', 0, 'loading', !!o.mask));
  async('hideLoading', hideToast);
  async('showModal', async (o) => {
    const { confirm, content } = await modal(o);
    return { confirm, cancel: !confirm, content: content ?? null };
  });
  async('showActionSheet', async (o) => {
    const tapIndex = await actionSheet(o.itemList, o.alertText, o.itemColor);
    if (tapIndex < 0) throw refuse('showActionSheet', 'cancel');
    return { tapIndex };
  });
}

function badge(index: number, text: string | null) {
  const page = currentPage();
  const path = main.appJson.tabBar?.list[index]?.pagePath;
  const button = page?.bars.tabs?.querySelector<HTMLElement>(`[data-path="${path}"]`);
  if (button) button.dataset.badge = text ?? '';
}

function installBars() {
  async('setNavigationBarTitle', (o) => setBars({ navigationBarTitleText: o.title }));
  async('setNavigationBarColor', (o) =>
    setBars({
      navigationBarBackgroundColor: o.backgroundColor,
      navigationBarTextStyle: o.frontColor === '#000000' ? 'black' : 'white',
    }),
  );
  const tabOnly = (name: string, f: (o: Any) => void) =>
    async(name, (o) => {
      const page = currentPage();
      if (!page || !isTab(page.path)) throw refuse(name, 'not TabBar page');
      f(o);
    });
  tabOnly('setTabBarBadge', (o) => badge(o.index, o.text));
  tabOnly('removeTabBarBadge', (o) => badge(o.index, null));
  tabOnly('setTabBarItem', (o) => {
    const path = main.appJson.tabBar.list[o.index].pagePath;
    const label = currentPage()!.bars.tabs!.querySelector(`[data-path="${path}"] span`);
    if (label && o.text) label.textContent = o.text;
  });
  tabOnly('hideTabBar', () => (currentPage()!.bars.tabs!.hidden = true));
  tabOnly('showTabBar', () => (currentPage()!.bars.tabs!.hidden = false));
  for (const name of HARMLESS) async(name, () => ({}));
  async('startPullDownRefresh', () => {
    const page = currentPage();
    if (page) startPullDown(page, () => callPage(page, 'onPullDownRefresh'));
  });
  async('stopPullDownRefresh', () => {
    const page = currentPage();
    if (page) stopPullDown(page);
  });
  async('loadFontFace', () => {
    throw refuse('loadFontFace', 'remote fonts are not used here');
  });
}

function scroll(o: Any) {
  const page = currentPage();
  if (!page) return;
  const target = o.selector ? page.scroll.querySelector<HTMLElement>(o.selector) : null;
  const top = target ? target.getBoundingClientRect().top - page.scroll.getBoundingClientRect().top + page.scroll.scrollTop : (o.scrollTop ?? 0);
  page.scroll.scrollTo({ top: top + (o.offsetTop ?? 0) });
}

/** wx.createAnimation: steps are recorded but not played; the end state shows at once on real phones too. */
function animation(): Any {
  const recorder: Any = new Proxy({}, { get: (_, key) => (key === 'export' ? () => ({ actions: [] }) : () => recorder) });
  return recorder;
}

export function installUi() {
  installDialogs();
  installBars();
  for (const [name, f] of Object.entries(navigate)) async(name, (o) => f(o));
  async('pageScrollTo', scroll);
  sync('createSelectorQuery', () => currentPage()!.instance.createSelectorQuery());
  sync('createIntersectionObserver', (component: Any, o: Any) => component.createIntersectionObserver(o));
  sync('createMediaQueryObserver', (component: Any) => component.createMediaQueryObserver());
  sync('createAnimation', animation);
  sync('createOffscreenCanvas', (o: Any) => new OffscreenCanvas(o?.width ?? 1, o?.height ?? 1));
}
