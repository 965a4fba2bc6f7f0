// view and the other plain boxes, page-meta, page-container.
import { currentPage, setBars } from '../pages.ts';
import { any, define, flag, number, string } from './registry.ts';

const CONTAINERS = [
  'view', 'cover-view', 'root-portal', 'movable-area', 'movable-view', 'match-media', 'share-element',
  'keyboard-accessory', 'native-component', 'sticky-section', 'sticky-header', 'list-view', 'grid-view', 'snapshot',
  'span', 'open-data', 'picker-view-column',
];

export function installContainers() {
  const box = { enable: any(), x: any(), y: any(), direction: any(), damping: any(), outOfBounds: any() };
  for (const name of CONTAINERS) define(name, box);

  const overlay = { overlay: any(), position: any(), round: any(), zIndex: any(), duration: any() };
  define('page-container', { show: flag(), ...overlay, overlayStyle: any(), customStyle: any() }, (element) => ({
    update(name, value) {
      if (name === 'show') element.hidden = !value;
    },
    attached() {
      element.hidden = element.__wxElement?.data?.show !== true;
    },
  }));

  // page-meta: font size of the root (rem), style of the page, background
  const meta = {
    rootFontSize: string(), pageStyle: string(), backgroundColor: string(), backgroundTextStyle: string(),
    rootBackgroundColor: string(), scrollTop: any(), scrollDuration: number(300), pageFontSize: string(),
    pageOrientation: string(),
  };
  define('page-meta', meta, (element) => ({
    update(name, value) {
      const page = element.closest('.mp-page') as HTMLElement | null;
      if (!page) return;
      const root = page.querySelector<HTMLElement>('wx-page, .mp-scroll > *')!;
      if (name === 'rootFontSize') document.documentElement.style.fontSize = value === 'system' ? '' : value;
      if (name === 'pageFontSize') root.style.fontSize = value === 'system' ? '' : value;
      if (name === 'pageStyle') root.style.cssText += `;${value}`;
      if (name === 'backgroundColor') page.style.background = value;
      if (name === 'scrollTop' && value !== null) page.querySelector('.mp-scroll')!.scrollTop = parseFloat(value);
    },
  }));
  const bar = { title: string(), frontColor: string(), backgroundColor: string(), loading: flag() };
  define('navigation-bar', bar, () => ({
    update(name, value) {
      if (!currentPage()) return;
      if (name === 'title') setBars({ navigationBarTitleText: value });
      if (name === 'backgroundColor') setBars({ navigationBarBackgroundColor: value });
      if (name === 'frontColor') setBars({ navigationBarTextStyle: value === '#000000' ? 'black' : 'white' });
    },
  }));
}
