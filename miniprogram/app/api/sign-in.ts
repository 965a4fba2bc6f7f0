// Signing in with WeChat: one tap once bound, else the account is bound first.
import { signIn } from '../session';
import { get, post } from './call';
import type { Me } from './types';

/** A fresh WeChat code; single use. */
export async function wechatCode(): Promise<string> {
  const { code } = await wx.login();
  return code;
}

/** One tap. Answers with a ticket when this WeChat user is not bound to any member yet. */
export async function signInWithWechat(): Promise<{ bindTicket?: string }> {
  const answer = await post('/api/wechat/sign-in', { code: await wechatCode() });
  if (answer.session) {
    signIn(answer.session);
    return {};
  }
  return { bindTicket: answer.bind_ticket ?? '' };
}

/** Binds this WeChat user to a member of an account and signs in. */
export async function bind(ticket: string, account: string, mobile: string, password: string): Promise<Me> {
  const answer = await post('/api/wechat/bind', { bind_ticket: ticket, account, mobile, password });
  signIn(answer);
  return answer.me;
}

export const whoAmI = (): Promise<Me> => get('/api/me');
