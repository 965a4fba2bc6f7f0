// text, rich-text, icon, progress.
import type { Any } from '../types.ts';
import { any, define, flag, number, string } from './registry.ts';
import { h } from '../dom.ts';

const ICONS: Record<string, string> = {
  success: '✓', success_no_circle: '✓', info: 'i', warn: '!', waiting: '…', cancel: '×', download: '↓', search: '⌕', clear: '×',
};

const UNSAFE = 'script,iframe,object,embed,link,meta,style,base,form';

function dropHandlers(element: Element) {
  for (const { name, value } of [...element.attributes]) {
    if (/^on/i.test(name) || /^\s*javascript:/i.test(value)) element.removeAttribute(name);
  }
}

function parseHtml(html: string): Node[] {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  body.querySelectorAll(UNSAFE).forEach((x) => x.remove());
  body.querySelectorAll('*').forEach(dropHandlers);
  return [...body.childNodes];
}

function build(node: Any): Node {
  if (node.type === 'text') return document.createTextNode(node.text);
  const element = document.createElement(node.name);
  for (const [name, value] of Object.entries<string>(node.attrs ?? {})) element.setAttribute(name, value);
  dropHandlers(element);
  element.append(...(node.children ?? []).map(build));
  return element;
}

export function installText() {
  define('text', { selectable: flag(), userSelect: flag(), space: string(), decode: flag(), overflow: string(), maxLines: any() }, (element) => ({
    update(name, value) {
      if (name === 'userSelect' || name === 'selectable') element.style.userSelect = value ? 'text' : '';
    },
  }));
  define('rich-text', { nodes: any(''), space: string(), userSelect: flag(), mode: string() }, (element) => ({
    update(name, value) {
      if (name !== 'nodes') return;
      element.replaceChildren(...(typeof value === 'string' ? parseHtml(value) : (value ?? []).map(build)));
    },
  }));
  define('icon', { type: string(), size: any('23'), color: string() }, (element, component) => {
    const paint = () => {
      element.textContent = ICONS[component.data.type] ?? '';
      element.style.fontSize = `${parseFloat(component.data.size)}px`;
      element.style.color = component.data.color;
    };
    return { update: paint, attached: paint };
  });
  const bar = {
    percent: number(), showInfo: flag(), borderRadius: any(), fontSize: any(), strokeWidth: any(6), color: string(),
    activeColor: string(), backgroundColor: string(), active: flag(), activeMode: string(), duration: number(30),
  };
  define('progress', bar, (element, component) => {
    const fill = h('i');
    const track = h('b', {}, fill);
    const words = h('span');
    element.append(track, words);
    const paint = () => {
      const { percent, activeColor, color, backgroundColor, strokeWidth, showInfo } = component.data;
      fill.style.width = `${percent}%`;
      fill.style.background = activeColor || color || '';
      track.style.background = backgroundColor || '';
      track.style.height = `${parseFloat(strokeWidth)}px`;
      words.textContent = showInfo ? `${percent}%` : '';
      element.setAttribute('aria-valuenow', String(percent));
    };
    return { role: 'progressbar', update: paint, attached: paint };
  });
}
