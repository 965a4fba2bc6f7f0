// 法定代表人确认: opened by code, card or message; signs in by the own mobile number, verifies, reads, confirms or declines.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import { wechatCode } from '../../../../api/sign-in';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import type { Fact } from '../../../../components/fact-list/fact-list';
import { HOME, stepPage } from '../../../../routes';
import { session, signIn } from '../../../../session';
import { ticketFrom, type Opened } from '../../../../ticket';
import { section, t } from '../../../../words';

type Asked = Schemas['InvitationAsked'];
type Look = Schemas['InvitationLook'];
export type Stage = 'reading' | 'ask' | 'verify' | 'blocked' | 'statement' | 'confirmed' | 'declined' | 'over' | 'failed';

/** What the page shows of an invitation that this person has opened. */
export function stageOf({ status, expired, blocked }: Asked): Stage {
  if (status === 'confirmed' || status === 'declined') return status;
  if (status !== 'opened' || expired) return 'over';
  if (blocked === 'not_verified') return 'verify';
  return blocked ? 'blocked' : 'statement';
}

/** Whether what this phone has opened before is what it is asked to open now. */
export const isSame = (mine: Asked | null, look: Look): mine is Asked =>
  mine?.status === 'opened' && mine.company_name === look.company_name && mine.expires_at === look.expires_at;

const factsOf = (look: Look): Fact[] => [
  { icon: 'company', label: t('invitation.company'), value: look.company_name },
  { icon: 'person', label: t('invitation.agent'), value: look.agent_masked },
  { icon: 'phone', label: t('invitation.mobile'), value: look.mobile_masked },
  { icon: 'time', label: t('invitation.until'), value: look.expires_at.slice(0, 10) },
];

Page({
  behaviors: [screen],
  data: {
    w: section('invitation'), loading: t('app.loading'), retry: t('app.retry'), home: t('app.back_home'),
    stage: 'reading' as Stage, ticket: '', facts: [] as Fact[], lines: [] as string[], hash: '', company: '', advice: '',
    agreed: false, problem: '', busy: '',
  },
  onLoad(opened: Opened & { t?: string }) {
    this.setData({ ticket: ticketFrom(opened.t ? { scene: opened.t } : opened) });
  },
  onShow() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    const { ticket } = this.data;
    try {
      const look = ticket ? await this.look(ticket) : null;
      const mine = session() ? await this.mine() : null;
      if (look && !isSame(mine, look)) return this.setData({ stage: 'ask', facts: factsOf(look) });
      if (mine) this.show(mine);
      else this.setData({ stage: 'over' });
    } catch (e) {
      this.setData({ stage: 'failed', problem: wordsOf(e) });
    }
  },
  /** Null when it cannot be opened any more. */
  async look(ticket: string): Promise<Look | null> {
    return post('/api/invitations/look', { ticket }).catch((e: unknown) => {
      if (e instanceof ApiError && e.status === 409) return null;
      throw e;
    });
  },
  async mine(): Promise<Asked | null> {
    return get('/api/invitation').catch((e: unknown) => {
      if (e instanceof ApiError && (e.status === 404 || e.status === 401)) return null;
      throw e;
    });
  },
  show(asked: Asked) {
    this.setData({
      stage: stageOf(asked), lines: asked.lines, hash: asked.hash, company: asked.company_name, advice: asked.advice ?? '',
    });
  },
  /** The number that WeChat has verified says who it is; the server compares it. */
  async open(e: WechatMiniprogram.CustomEvent<{ code?: string }>) {
    const { code } = e.detail;
    if (!code) return;
    await this.act('open', async () => {
      signIn(await post('/api/invitations/accept', { ticket: this.data.ticket, code: await wechatCode(), phone_code: code }));
      this.show(await get('/api/invitation'));
    });
  },
  toggle() {
    this.setData({ agreed: !this.data.agreed, problem: '' });
  },
  async confirm() {
    if (!this.data.agreed) return this.setData({ problem: t('invitation.tick_first') });
    await this.act('confirm', async () => this.show(await post('/api/invitation/confirm', { hash: this.data.hash })));
  },
  async decline() {
    const { confirm } = await wx.showModal({ title: t('invitation.decline'), content: t('invitation.decline_ask') });
    if (!confirm) return;
    await this.act('decline', async () => {
      await post('/api/invitation/decline');
      this.setData({ stage: 'declined' });
    });
  },
  /** What has changed meanwhile is read again; everything else is said. */
  async act(busy: string, act: () => Promise<void>) {
    this.setData({ busy, problem: '' });
    try {
      await act();
    } catch (e) {
      const moved = e instanceof ApiError && (e.code === 'changed' || e.code === 'invitation_over');
      if (moved) await this.load();
      this.setData({ problem: wordsOf(e), agreed: false });
    } finally {
      this.setData({ busy: '' });
    }
  },
  toPerson() {
    wx.navigateTo({ url: stepPage('person') });
  },
  goHome() {
    wx.switchTab({ url: HOME });
  },
});
