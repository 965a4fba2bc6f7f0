// The door of every `wx` member: promise or callbacks as the official typings say, call log, loud refusals.
import type { Any } from '../types.ts';
import { calls, report } from '../mp.ts';

declare const API_FORMS: { promise: string[]; other: string[] };

const promised = new Set(API_FORMS.promise);
const official = new Set([...API_FORMS.promise, ...API_FORMS.other]);

const members: Record<string, Any> = {};

/** A refusal in WeChat's words: "name:fail reason". */
export const refuse = (name: string, reason: string, extra: object = {}) =>
  Object.assign(new Error(reason), { errMsg: `${name}:fail ${reason}`, ...extra });

const loggable = (value: Any): Any => {
  try {
    const replace = (_: string, v: Any) => (v instanceof ArrayBuffer ? `<${v.byteLength} bytes>` : v);
    return JSON.parse(JSON.stringify(value, replace) ?? 'null');
  } catch {
    return String(value);
  }
};

const settle = (f: Any, value: Any, where: string) => {
  try {
    const result = f?.(value);
    result?.catch?.((e: unknown) => report(where, e));
  } catch (e) {
    report(where, e);
  }
};

type Implementation = (options: Any, setTask: (task: Any) => void) => Any;

/** An asynchronous member: success, fail and complete, or a promise where the typings promise one. */
export function async(name: string, implementation: Implementation) {
  members[name] = (options: Any = {}) => {
    calls.push({ name, args: loggable(options) });
    let task: Any;
    const run = async () => (await implementation(options, (t) => (task = t))) ?? {};
    const withCallbacks = !!(options.success || options.fail || options.complete);
    const outcome = run().then(
      (result) => ({ ok: true as const, result: { errMsg: `${name}:ok`, ...result } }),
      (e) => {
        if (!e?.errMsg) report(`wx.${name}`, e);
        const { errMsg, errno, errCode } = e ?? {};
        const result: Any = { errMsg: errMsg ?? `${name}:fail ${e?.message}` };
        if (errno !== undefined) result.errno = errno;
        if (errCode !== undefined) result.errCode = errCode;
        return { ok: false as const, result };
      },
    );
    if (withCallbacks || !promised.has(name)) {
      void outcome.then(({ ok, result }) => {
        settle(ok ? options.success : options.fail, result, `${name} callback`);
        settle(options.complete, result, `${name} complete`);
      });
      return task;
    }
    const promise = outcome.then(({ ok, result }) => {
      if (ok) return result;
      throw result;
    });
    return task ? Object.assign(promise, task) : promise;
  };
}

/** A synchronous member. */
export function sync(name: string, implementation: (...args: Any[]) => Any) {
  members[name] = (...args: Any[]) => {
    calls.push({ name, args: loggable(args.filter((x) => typeof x !== 'function')) });
    return implementation(...args);
  };
}

/** A constant. */
export const constant = (name: string, value: Any) => {
  members[name] = value;
};

export const has = (name: string) => name in members;

/** `wx`: what is there, and an error for everything else. */
export const wx: Any = new Proxy(members, {
  get(target, key) {
    if (typeof key === 'symbol' || key in target) return target[key as string];
    if (official.has(key)) {
      return () => {
        const error = new Error(`wx.${key} is not offered by this host`);
        report('wx', error);
        throw error;
      };
    }
    report('wx', new Error(`wx.${key} does not exist in WeChat`));
    return undefined;
  },
  set(target, key, value) {
    target[key as string] = value;
    return true;
  },
});
