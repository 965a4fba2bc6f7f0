// request, uploadFile, downloadFile: host mapping, offline and slow networks.
import type { Any } from '../types.ts';
import { config, emit, onSettings, settings } from '../mp.ts';
import { fileBlob, holdFile } from '../files.ts';
import { async, refuse } from './api.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const SLOW_LATENCY_MS = 600;

/** Where a request of the app really goes. */
export function mapUrl(url: string): string {
  for (const [from, to] of Object.entries(config.hosts)) if (url.startsWith(from)) return to + url.slice(from.length);
  return url;
}

/** Refuses what a phone refuses before anything is sent; waits when the network is slow. */
async function beforeSending(name: string, url: unknown) {
  if (typeof url !== 'string' || !url) throw refuse(name, 'parameter error: parameter.url should be String');
  if (!/^https:/.test(url)) throw refuse(name, 'url not in domain list', { errno: 600002 });
  if (settings.network === 'none') throw refuse(name, 'net::ERR_INTERNET_DISCONNECTED', { errno: 600001 });
  if (settings.network === '3g') await new Promise((resolve) => setTimeout(resolve, SLOW_LATENCY_MS));
}

const lowerCased = (header: Record<string, Any> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(header).map(([key, value]) => [key.toLowerCase(), String(value)]));

const queryOf = (data: Record<string, Any>) =>
  Object.entries(data).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(typeof v === 'object' ? JSON.stringify(v) : v)}`).join('&');

function prepare(o: Any) {
  const method = String(o.method ?? 'GET').toUpperCase();
  if (method === 'PATCH') throw refuse('request', 'method is invalid');
  const headers = lowerCased(o.header);
  let url = mapUrl(o.url);
  if (method === 'GET' || method === 'HEAD') {
    if (o.data && typeof o.data === 'object') {
      const query = queryOf(o.data);
      if (query) url += (url.includes('?') ? '&' : '?') + query;
    }
    return { method, headers, url, body: undefined };
  }
  headers['content-type'] ??= 'application/json';
  const raw = o.data instanceof ArrayBuffer || typeof o.data === 'string';
  const form = /urlencoded/.test(headers['content-type']);
  const body: BodyInit = raw ? o.data : form ? queryOf(o.data ?? {}) : JSON.stringify(o.data ?? {});
  return { method, headers, url, body };
}

async function send(o: Any, abort: AbortController) {
  await beforeSending('request', o.url);
  const { url, ...init } = prepare(o);
  const timer = setTimeout(() => abort.abort('timeout'), o.timeout ?? DEFAULT_TIMEOUT_MS);
  try {
    const response = await fetch(url, { ...init, signal: abort.signal, credentials: 'omit', redirect: o.redirect ?? 'follow' });
    let data: Any;
    if (o.responseType === 'arraybuffer') data = await response.arrayBuffer();
    else {
      data = await response.text();
      if ((o.dataType ?? 'json') === 'json') {
        try {
          data = JSON.parse(data);
        } catch {
          // WeChat hands over the text when it is not JSON
        }
      }
    }
    return { statusCode: response.status, header: Object.fromEntries(response.headers), data, cookies: [] };
  } catch (e) {
    const reason = abort.signal.aborted ? (abort.signal.reason === 'timeout' ? 'timeout' : 'abort') : (e as Error).message;
    throw refuse('request', reason, { errno: reason === 'timeout' ? 5 : 600001 });
  } finally {
    clearTimeout(timer);
  }
}

async function upload(o: Any, x: XMLHttpRequest) {
  await beforeSending('uploadFile', o.url);
  if (!o.name) throw refuse('uploadFile', 'parameter error: parameter.name should be String instead of Undefined');
  const blob = await fileBlob(o.filePath).catch(() => {
    throw refuse('uploadFile', 'file not found');
  });
  const form = new FormData();
  for (const [key, value] of Object.entries<string>(o.formData ?? {})) form.append(key, value);
  form.append(o.name, blob, o.fileName ?? String(o.filePath).split('/').pop());
  return new Promise((resolve, reject) => {
    x.onload = () => resolve({ statusCode: x.status, data: x.responseText });
    x.onerror = () => reject(refuse('uploadFile', 'network error', { errno: 600001 }));
    x.onabort = () => reject(refuse('uploadFile', 'abort'));
    x.ontimeout = () => reject(refuse('uploadFile', 'timeout'));
    x.timeout = o.timeout ?? DEFAULT_TIMEOUT_MS;
    x.open('POST', mapUrl(o.url));
    for (const [key, value] of Object.entries(lowerCased(o.header))) if (key !== 'content-type') x.setRequestHeader(key, value);
    x.send(form);
  });
}

const progressOf = (e: ProgressEvent) => ({
  progress: Math.round((e.loaded / e.total) * 100),
  totalBytesSent: e.loaded,
  totalBytesExpectedToSend: e.total,
});

const nothing = () => {};

export function installNetwork() {
  async('request', (o, setTask) => {
    const abort = new AbortController();
    setTask({
      abort: () => abort.abort('abort'),
      onHeadersReceived: nothing, offHeadersReceived: nothing, onChunkReceived: nothing, offChunkReceived: nothing,
    });
    return send(o, abort);
  });
  async('uploadFile', (o, setTask) => {
    const x = new XMLHttpRequest();
    const watchers = new Set<(p: Any) => void>();
    x.upload.onprogress = (e) => watchers.forEach((f) => f(progressOf(e)));
    setTask({
      abort: () => x.abort(),
      onProgressUpdate: (f: Any) => watchers.add(f),
      offProgressUpdate: (f: Any) => watchers.delete(f),
      onHeadersReceived: nothing, offHeadersReceived: nothing,
    });
    return upload(o, x);
  });
  async('downloadFile', (o, setTask) => {
    setTask({ abort: nothing, onProgressUpdate: nothing, offProgressUpdate: nothing });
    return (async () => {
      await beforeSending('downloadFile', o.url);
      const response = await fetch(mapUrl(o.url), { headers: lowerCased(o.header) }).catch((e: Error) => {
        throw refuse('downloadFile', e.message, { errno: 600001 });
      });
      return { statusCode: response.status, tempFilePath: holdFile(await response.blob()) };
    })();
  });
  async('getNetworkType', () => ({ networkType: settings.network }));
  onSettings((changed) => {
    if (!changed.network) return;
    emit('NetworkStatusChange', { isConnected: settings.network !== 'none', networkType: settings.network });
  });
}
