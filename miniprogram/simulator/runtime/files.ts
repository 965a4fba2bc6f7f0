// Temporary files (wxfile://…) are blobs in memory; files of the app lie below files/.
import type { Any } from './types.ts';

interface Held {
  blob: Blob;
  url: string;
}

const held = new Map<string, Held>();
let count = 0;

const EXTENSIONS: Record<string, string> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'video/mp4': 'mp4', 'video/webm': 'webm' };

/** Keeps a blob under a new temporary path. */
export function holdFile(blob: Blob, extension?: string): string {
  const type = blob.type.split(';')[0] ?? '';
  const path = `wxfile://tmp_${Date.now().toString(36)}${(count++).toString(36)}.${extension ?? EXTENSIONS[type] ?? 'bin'}`;
  held.set(path, { blob, url: URL.createObjectURL(blob) });
  return path;
}

export function writeFile(path: string, blob: Blob) {
  dropFile(path);
  held.set(path, { blob, url: URL.createObjectURL(blob) });
}

export function dropFile(path: string) {
  const file = held.get(path);
  if (file) URL.revokeObjectURL(file.url);
  return held.delete(path);
}

/** An address the browser can load: of a temporary file, of a file of the app, or the given one. */
export function fileUrl(source: string, from = ''): string {
  const file = held.get(source);
  if (file) return file.url;
  if (/^(https?:|data:|blob:)/.test(source) || !source) return source;
  const path = source.startsWith('/') || !from ? source.replace(/^\//, '') : new URL(source, `http://x/${from}`).pathname.slice(1);
  return `files/${path}`;
}

/** The bytes of a file, as `wx.uploadFile` and the file system manager need them. */
export async function fileBlob(source: string): Promise<Blob> {
  const file = held.get(source);
  if (file) return file.blob;
  if (source.startsWith('wxfile://')) throw new Error(`file not found: ${source}`);
  const response = await fetch(fileUrl(source));
  if (!response.ok) throw new Error(`file not found: ${source}`);
  return response.blob();
}

/** For tests: every temporary file, with its size and type. */
export const listFiles = (): Any[] => [...held].map(([path, { blob }]) => ({ path, size: blob.size, type: blob.type }));
