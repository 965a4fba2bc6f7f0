// Storage of one phone: each owner has a namespace of their own.
import type { Any } from '../types.ts';
import { owner } from '../mp.ts';
import { async, refuse, sync } from './api.ts';

const PREFIX = `mp:${owner}:`;
const ITEM_LIMIT = 1024 * 1024;
const TOTAL_LIMIT_KB = 10 * 1024;

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

function read(key: string): Any {
  const text = localStorage.getItem(PREFIX + key);
  if (text === null) return '';
  return JSON.parse(text).v;
}

function write(name: string, key: string, value: Any) {
  if (typeof key !== 'string' || !key) throw refuse(name, 'parameter error: parameter should be String');
  const text = JSON.stringify({ v: value });
  if (text.length > ITEM_LIMIT) throw refuse(name, 'entry size limit reached');
  localStorage.setItem(PREFIX + key, text);
}

const info = () => ({
  keys: keys().map((key) => key.slice(PREFIX.length)),
  currentSize: Math.ceil(keys().reduce((sum, key) => sum + (localStorage.getItem(key)?.length ?? 0), 0) / 1024),
  limitSize: TOTAL_LIMIT_KB,
});

/** As if the mini-program had been deleted from the phone. */
export const clearStorage = () => keys().forEach((key) => localStorage.removeItem(key));

export function installStorage() {
  sync('getStorageSync', read);
  sync('setStorageSync', (key: string, value: Any) => write('setStorageSync', key, value));
  sync('removeStorageSync', (key: string) => localStorage.removeItem(PREFIX + key));
  sync('clearStorageSync', clearStorage);
  sync('getStorageInfoSync', info);
  async('getStorage', (o) => {
    if (localStorage.getItem(PREFIX + o.key) === null) throw refuse('getStorage', 'data not found');
    return { data: read(o.key) };
  });
  async('setStorage', (o) => write('setStorage', o.key, o.data));
  async('removeStorage', (o) => localStorage.removeItem(PREFIX + o.key));
  async('clearStorage', clearStorage);
  async('getStorageInfo', info);
}
