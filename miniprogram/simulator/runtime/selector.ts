// SelectorQuery fields `node` and `context` (canvas 2d), which the adapter does not know.
import type { Any } from './types.ts';

let patched = false;

export function allowNodeFields(instance: Any) {
  if (patched) return;
  patched = true;
  const prototype = Object.getPrototypeOf(instance.createSelectorQuery().select('.x'));
  const original = prototype.fields;
  prototype.fields = function fields(wanted: Any, callback: Any) {
    if (!wanted.node) return original.call(this, wanted, callback);
    return original.call(this, { ...wanted, context: true }, (result: Any) => {
      for (const item of Array.isArray(result) ? result : [result]) {
        if (item) item.node = item.context?.__wxElement?.__api?.node;
      }
      callback?.(result);
    });
  };
  prototype.node = function node(callback: Any) {
    return this.fields({ node: true }, callback);
  };
}
