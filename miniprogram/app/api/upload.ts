// Sending a photo or a video, with progress.
import { API_BASE } from '../config';
import { ApiError, headers, problemFrom } from './call';

const TIMEOUT_MS = 120_000;

export interface Upload<A> {
  /** The server's answer. */
  done: Promise<A>;
  abort(): void;
}

export interface UploadRequest {
  /** Path of the server, such as "/api/person/id-card". */
  path: string;
  filePath: string;
  /** Further fields of the form. */
  fields?: Record<string, string>;
  /** 0–100. */
  onProgress?(percent: number): void;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Starts an upload. The file is the form field `file`. */
export function upload<A>({ path, filePath, fields = {}, onProgress }: UploadRequest): Upload<A> {
  let task: WechatMiniprogram.UploadTask | undefined;
  const done = new Promise<A>((resolve, reject) => {
    task = wx.uploadFile({
      url: API_BASE + path,
      filePath,
      name: 'file',
      formData: fields,
      header: headers(),
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data }) => {
        if (statusCode >= 200 && statusCode < 300) resolve(parse(data) as A);
        else reject(problemFrom(statusCode, parse(data)));
      },
      fail: () => reject(new ApiError({ status: 0, code: 'network' })),
    });
    task.onProgressUpdate(({ progress }) => onProgress?.(progress));
  });
  return { done, abort: () => task?.abort() };
}
