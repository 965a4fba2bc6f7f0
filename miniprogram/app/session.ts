// Who is signed in on this phone: the bearer token and the member it belongs to.
import type { Me } from './api/types';

const KEY = 'session';

export interface Session {
  token: string;
  me: Me;
}

let current: Session | null | undefined;

/** The session, or null when nobody is signed in. */
export function session(): Session | null {
  if (current === undefined) current = (wx.getStorageSync(KEY) as Session | '') || null;
  return current;
}

/** Keeps a session on this phone. */
export function signIn(next: Session) {
  current = { token: next.token, me: next.me };
  wx.setStorageSync(KEY, current);
}

/** Forgets the session of this phone. */
export function forget() {
  current = null;
  wx.removeStorageSync(KEY);
}
