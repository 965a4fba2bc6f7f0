// WeChat's own side of things, asked from the sandbox: /phone/* and /samples.
import type { Any } from './types.ts';
import { config, owner } from './mp.ts';

export interface Person {
  openid: string;
  nickname: string;
  name: string;
  mobile: string;
  mobile_masked: string;
}

export interface Sample {
  id: string;
  title: string;
  group: string;
  person?: string;
  url: string;
  thumbnail?: string;
}

async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<Any> {
  const response = await fetch(path, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
  return text ? JSON.parse(text) : {};
}

const me = { openid: owner };

let known: Promise<string> | undefined;

/** The app's id, as the sandbox knows it; without a sandbox, a made-up one. */
function appId(): Promise<string> {
  known ??= call('GET', '/phone/config').then(
    (answer) => (config.appId = answer.appid ?? config.appId),
    () => config.appId,
  );
  return known;
}

export const world = {
  people: (): Promise<Person[]> => call('GET', '/phone/people'),
  login: async (): Promise<{ code: string }> => call('POST', '/phone/login', { ...me, appid: await appId() }),
  phoneNumber: async (): Promise<{ code: string }> =>
    call('POST', '/phone/phone-number', { ...me, appid: await appId() }),
  subscribe: (template_ids: string[], accept: string[]): Promise<Record<string, string>> =>
    call('POST', '/phone/subscribe', { ...me, template_ids, accept }),
  prepay: (id: string) => call('GET', `/phone/prepay/${encodeURIComponent(id)}`),
  pay: async (parameters: object, action: string): Promise<{ errMsg: string }> =>
    call('POST', '/phone/pay', { ...me, appId: await appId(), ...parameters, action }),
  facialVerify: (verify_id: string, action: string): Promise<{ verify_ret: number }> =>
    call('POST', '/phone/facial-verify', { ...me, verify_id, action }),
  eid: (token: string): Promise<{ token: string; verifyDone: boolean }> => call('POST', '/phone/eid', { ...me, token }),
  scan: (text: string) => call('POST', '/phone/scan', { ...me, text }),
  payNative: (code_url: string, action: string): Promise<{ errMsg: string }> =>
    call('POST', '/phone/pay-native', { ...me, code_url, action }),
};

let papers: Promise<Sample[]> | undefined;

/** The papers on the desk; the owner's own come first. None when the phone is used without a sandbox. */
export function samples(): Promise<Sample[]> {
  papers ??= call('GET', '/samples').then(
    (list: Sample[]) => list.sort((a, b) => Number(b.person === owner) - Number(a.person === owner)),
    () => [],
  );
  return papers;
}

/** Who holds this phone. */
export const holder = async (): Promise<Person | undefined> =>
  (await world.people().catch(() => [] as Person[])).find((person) => person.openid === owner);
