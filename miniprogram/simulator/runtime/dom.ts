// One helper to build DOM.
type Props = Record<string, unknown>;

/** `h('button', { className: 'x', onclick }, 'text')`. Attributes (aria-*, role, data-*) are set as attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string | null | undefined | false)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (/^(aria-|data-|role$|for$|list$|playsinline$)/.test(key)) element.setAttribute(key, String(value));
    else (element as unknown as Props)[key] = value;
  }
  for (const child of children) if (child) element.append(child);
  return element;
}
