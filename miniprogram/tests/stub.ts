// A test double of our own API and of /phone/login, so that the pages can be checked on the host alone. The journey
// tests run on the real server; this one goes when they cover the same pages.
import type { Answer, Asked } from './support/server.ts';

const me = {
  account_name: 'rongcheng01',
  member_id: 'm1',
  mobile_masked: '199****0001',
  accounts: [
    { member_id: 'm1', account_name: 'rongcheng01', current: true },
    { member_id: 'm2', account_name: 'minjiang88', current: false },
  ],
};

const steps = [
  { step: 'person', label: '个人实名认证', state: 'done' },
  { step: 'company', label: '企业实名认证', state: 'returned', reason: '营业执照照片有反光，看不清登记日期', next: { action: 'correct', label: '更正营业执照', where: 'either' } },
  { step: 'order', label: '服务购买', state: 'open', next: { action: 'buy', label: '选择服务并付款', where: 'either' } },
  { step: 'administrator', label: '确认管理员', state: 'under_review', reason: '已邀请李*，等待对方确认' },
  { step: 'certificate', label: '激活证书', state: 'locked', reason: '企业审核通过后自动激活' },
];

const handoff = {
  id: 'h1', purpose: 'person', account_name: 'rongcheng01', browser: 'Edge 138', system: 'Windows 11', place: '福建 福州',
  expires_at: '2026-11-23T12:00:00Z', state: 'scanned',
};

export const TICKET = 'AbCdEfGhIjKlMnOpQrStUv';

/** State of one test. */
export class Stub {
  /** WeChat codes of bound people. */
  bound = new Set<string>();
  signedIn = new Set<string>();
  seen: string[] = [];
  handoffState = 'scanned';
  down = false;
  steps: object[] = steps;

  answer = (a: Asked): Answer | undefined => {
    const body = a.body.length ? JSON.parse(a.body.toString()) : {};
    if (a.path === '/phone/login') return { json: { code: `code-${body.openid}` } };
    if (a.path === '/phone/people') return { json: [] };
    if (!a.path.startsWith('/api-proxy/')) return undefined;
    const path = a.path.slice('/api-proxy'.length);
    this.seen.push(`${a.method} ${path}`);
    if (this.down) return { status: 503, json: { title: '服务暂时繁忙', status: 503, code: 'busy' } };
    return this.api(path, body, a.headers.authorization ?? '');
  };

  private open(token: string): Answer {
    this.signedIn.add(token);
    return { json: { token, me } };
  }

  private api(path: string, body: Record<string, string>, authorization: string): Answer | undefined {
    switch (path) {
      case '/api/wechat/sign-in':
        return this.bound.has(body.code!) ? { json: { session: this.open(`t-${body.code}`).json } } : { json: { bind_ticket: `b-${body.code}` } };
      case '/api/wechat/bind':
        if (body.password !== 'correct horse 1') {
          return { status: 422, json: { title: '没有绑定成功', status: 422, code: 'wrong', detail: '帐号、手机号或密码不对，请检查。', field: 'password' } };
        }
        this.bound.add(body.bind_ticket!.slice(2));
        return this.open(`t-${body.bind_ticket!.slice(2)}`);
      case '/api/handoffs/look':
        return body.ticket === TICKET && this.handoffState === 'scanned' ? { json: handoff } : { status: 404, json: { title: '没有找到', status: 404, code: 'not_found' } };
      case '/api/handoffs/confirm':
        this.handoffState = 'confirmed';
        this.signedIn.add('t-handoff');
        return { json: { token: 't-handoff', me, purpose: 'person' } };
      case '/api/handoffs/refuse':
        this.handoffState = 'refused';
        return { status: 204 };
      default:
        return this.private(path, body, authorization.replace('Bearer ', ''));
    }
  }

  private private(path: string, body: Record<string, string>, token: string): Answer | undefined {
    if (!this.signedIn.has(token)) return { status: 401, json: { title: '请重新登录', status: 401, code: 'signed_out' } };
    switch (path) {
      case '/api/me':
        return { json: me };
      case '/api/me/switch':
        return { json: { token, me: { ...me, account_name: 'minjiang88', member_id: body.member_id } } };
      case '/api/journey':
        return { json: { steps: this.steps, platform: 'straits-supply', now: '2026-11-23T12:00:00Z' } };
      case '/api/sign-out':
      case '/api/sign-out-everywhere':
      case '/api/me/unbind':
        this.signedIn.delete(token);
        return { status: 204 };
    }
    return undefined;
  }
}
