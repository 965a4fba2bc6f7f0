// The one door to the server: typed by schema.ts, with the bearer token, retries of reads, and errors in words.
import { API_BASE } from '../config';
import { forget, session } from '../session';
import { t, type Key } from '../words';
import type { AnswerOf, BodyOf, PathOf, Problem } from './types';

const TIMEOUT_MS = 20_000;
const RETRY_AFTER_MS = [400, 1200];

/** Why a call failed, in words that can be shown. `status` 0 means the network did not answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Name of the field at fault, when the server names one. */
  readonly field: string;

  constructor(problem: Partial<Problem> & { status: number }) {
    super(problem.detail || problem.title || t(wordsFor(problem.status)));
    this.status = problem.status;
    this.code = problem.code ?? 'unknown';
    this.title = problem.title || t(wordsFor(problem.status));
    this.detail = problem.detail ?? '';
    this.field = problem.field ?? '';
  }
}

function wordsFor(status: number): Key {
  if (status === 0) return 'error.network';
  if (status === 401) return 'error.signed_out';
  if (status === 404) return 'error.not_found';
  if (status === 429) return 'error.too_many';
  return status >= 500 ? 'error.server' : 'error.refused';
}

/** The server's problem document, or the best that can be made of an answer without one. */
export function problemFrom(status: number, data: unknown): ApiError {
  const problem = (typeof data === 'object' && data !== null ? data : {}) as Partial<Problem>;
  return new ApiError({ ...problem, status });
}

interface Answer {
  status: number;
  data: unknown;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Headers of every request; also used for uploads. */
export function headers(extra: Record<string, string> = {}): Record<string, string> {
  const token = session()?.token;
  return { Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}), ...extra };
}

function send(method: 'GET' | 'POST', path: string, data: object | undefined, header: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    wx.request({
      url: API_BASE + path,
      method,
      timeout: TIMEOUT_MS,
      header,
      ...(data ? { data } : {}),
      success: (r) => resolve({ status: r.statusCode, data: r.data }),
      fail: () => reject(new ApiError({ status: 0, code: 'network' })),
    });
  });
}

/** Reads are asked again when the network fails; what changes something never is. */
async function sendWithRetry(method: 'GET' | 'POST', path: string, data: object | undefined, header: Record<string, string>): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(method, path, data, header);
    } catch (e) {
      const pause = RETRY_AFTER_MS[attempt];
      if (method !== 'GET' || pause === undefined) throw e;
      await wait(pause);
    }
  }
}

async function ask<A>(method: 'GET' | 'POST', path: string, data: object | undefined, extra: Record<string, string>): Promise<A> {
  const { status, data: answer } = await sendWithRetry(method, path, data, headers(extra));
  if (status >= 200 && status < 300) return answer as A;
  if (status === 401 && session()) forget();
  throw problemFrom(status, answer);
}

/** Reads. */
export const get = <P extends PathOf<'get'>>(path: P): Promise<AnswerOf<P, 'get'>> => ask('GET', path, undefined, {});

type PostArguments<P extends PathOf<'post'>> =
  BodyOf<P, 'post'> extends undefined ? [body?: undefined, key?: string] : [body: BodyOf<P, 'post'>, key?: string];

/** Acts. `key` is an Idempotency-Key: the same key twice is the same act. */
export const post = <P extends PathOf<'post'>>(path: P, ...[body, key]: PostArguments<P>): Promise<AnswerOf<P, 'post'>> =>
  ask('POST', path, body as object | undefined, key ? { 'Idempotency-Key': key } : {});

/** A fresh Idempotency-Key, from the phone's own randomness. */
export async function idempotencyKey(): Promise<string> {
  const { randomValues } = await wx.getRandomValues({ length: 16 });
  return [...new Uint8Array(randomValues)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Words for anything that was thrown. */
export const wordsOf = (e: unknown): string => (e instanceof ApiError ? e.message : t('error.unexpected'));

/** A file of the account's own: only the bearer of the token gets it. */
export function download(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.downloadFile({
      url: API_BASE + path,
      header: headers({ Accept: '*/*' }),
      success: ({ statusCode, tempFilePath }) => (statusCode === 200 ? resolve(tempFilePath) : reject(new Error(String(statusCode)))),
      fail: () => reject(new Error('network')),
    });
  });
}
