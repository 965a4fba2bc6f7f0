// WeChat's own dialogs, drawn over the pages: toast, modal, action sheet, prompt, and the frame of all other sheets.
import { h } from '../dom.ts';

const GHOST_CLICK_MS = 80;

let toastElement: HTMLElement | null = null;
let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** A tap is delivered on touchend; the browser's own click that follows must not hit the dialog it opened. */
export function mount(mask: HTMLElement) {
  mask.style.pointerEvents = 'none';
  setTimeout(() => (mask.style.pointerEvents = ''), GHOST_CLICK_MS);
  document.body.append(mask);
}

export type ToastIcon = 'success' | 'error' | 'loading' | 'none';

export function toast(text: string, ms = 1500, icon: ToastIcon = 'none', mask = false) {
  hideToast();
  const box = h('div', { className: 'mp-toast', role: 'status', 'data-icon': icon }, icon !== 'none' && h('i'), h('span', {}, text));
  toastElement = mask ? h('div', { className: 'mp-mask clear' }, box) : box;
  document.body.append(toastElement);
  if (ms) toastTimer = setTimeout(hideToast, ms);
}

export function hideToast() {
  clearTimeout(toastTimer);
  toastElement?.remove();
  toastElement = null;
}

export interface ModalOptions {
  title?: string;
  content?: string;
  showCancel?: boolean;
  cancelText?: string;
  confirmText?: string;
  cancelColor?: string;
  confirmColor?: string;
  editable?: boolean;
  placeholderText?: string;
}

/** wx.showModal. */
export function modal(o: ModalOptions): Promise<{ confirm: boolean; content: string | undefined }> {
  return new Promise((resolve) => {
    const input = o.editable ? h('input', { placeholder: o.placeholderText ?? '', value: o.content ?? '' }) : null;
    const mask = h('div', { className: 'mp-mask' });
    const done = (confirm: boolean) => () => {
      mask.remove();
      resolve({ confirm, content: input?.value });
    };
    const cancel = h('button', { onclick: done(false) }, o.cancelText ?? '取消');
    const confirm = h('button', { className: 'confirm', onclick: done(true) }, o.confirmText ?? '确定');
    if (o.cancelColor) cancel.style.color = o.cancelColor;
    if (o.confirmColor) confirm.style.color = o.confirmColor;
    const box = h(
      'div',
      { className: 'mp-modal', role: 'dialog', 'aria-modal': 'true', 'aria-label': o.title || o.content || '' },
      o.title ? h('h3', {}, o.title) : null,
      input ?? h('p', {}, o.content ?? ''),
      h('div', { className: 'buttons' }, o.showCancel === false ? null : cancel, confirm),
    );
    mask.append(box);
    mount(mask);
    input?.focus();
  });
}

/** A sheet from below. `build` gets the function that closes it with a result; a tap outside closes it with `outside`. */
export function sheet<T>(label: string, outside: T, build: (close: (result: T) => void) => (Node | null)[]): Promise<T> {
  return new Promise((resolve) => {
    const mask = h('div', { className: 'mp-mask' });
    const close = (result: T) => {
      mask.remove();
      resolve(result);
    };
    const box = h('div', { className: 'mp-sheet', role: 'dialog', 'aria-modal': 'true', 'aria-label': label });
    box.append(...build(close).filter((node): node is Node => !!node));
    mask.onclick = (e) => {
      if (e.target === mask) close(outside);
    };
    mask.append(box);
    mount(mask);
  });
}

/** wx.showActionSheet: the index chosen, or -1. */
export function actionSheet(items: string[], title = '', colour = ''): Promise<number> {
  return sheet(title || '请选择', -1, (close) => [
    title ? h('p', { className: 'hint' }, title) : null,
    ...items.map((item, index) => {
      const button = h('button', { className: 'row', onclick: () => close(index) }, item);
      if (colour) button.style.color = colour;
      return button;
    }),
    h('button', { className: 'row cancel', onclick: () => close(-1) }, '取消'),
  ]);
}

/** Asks for a line of text; null when cancelled. */
export async function promptSheet(title: string, value: string): Promise<string | null> {
  const { confirm, content } = await modal({ title, content: value, editable: true });
  return confirm ? (content ?? '') : null;
}

/** A yes/no sheet with a heading, used for permissions, privacy, phone number, subscriptions. */
export function ask(o: { title: string; lines: (string | Node)[]; yes: string; no: string }): Promise<boolean> {
  return sheet(o.title, false, (close) => [
    h('h3', {}, o.title),
    ...o.lines.map((line) => (typeof line === 'string' ? h('p', {}, line) : line)),
    h(
      'div',
      { className: 'pair' },
      h('button', { className: 'no', onclick: () => close(false) }, o.no),
      h('button', { className: 'yes', onclick: () => close(true) }, o.yes),
    ),
  ]);
}
