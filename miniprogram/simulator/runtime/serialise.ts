// setData crosses a process boundary on devices: what cannot be written as JSON does not arrive there.
import type { Any } from './types.ts';

/** Why `value` would not survive the way from the logic layer to the view, or null. */
export function refusal(value: Any, path = 'data', seen: Set<object> = new Set()): string | null {
  switch (typeof value) {
    case 'function':
      return `${path} is a function`;
    case 'bigint':
      return `${path} is a BigInt`;
    case 'symbol':
      return `${path} is a symbol`;
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (seen.has(value)) return `${path} is circular`;
  if (value instanceof Date) return `${path} is a Date`;
  if (value instanceof Map || value instanceof Set) return `${path} is a ${value.constructor.name}`;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return null;
  seen.add(value);
  for (const [key, part] of Object.entries(value)) {
    const reason = refusal(part, `${path}.${key}`, seen);
    if (reason) return reason;
  }
  seen.delete(value);
  return null;
}

/** A copy as the view would receive it. */
export function copy(value: Any): Any {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(copy);
  const out: Record<string, Any> = {};
  for (const [key, part] of Object.entries(value)) out[key] = copy(part);
  return out;
}
