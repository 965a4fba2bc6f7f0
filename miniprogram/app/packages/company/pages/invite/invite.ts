// 邀请法定代表人: by code, WeChat card or message; where the invitation stands, as it changes.
import { get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { nextPage, readCompany, urlOf, type CompanyState } from '../../resume';

const ASK_AGAIN_MS = 2000;

type Invitation = NonNullable<CompanyState['invitation']>;

/** What is shown of an invitation; `none` before the first. */
export function shownOf(invitation: Invitation | undefined) {
  const status = invitation?.status ?? 'none';
  const open = Boolean(invitation?.link);
  const tone = status === 'confirmed' ? 'good' : open ? 'wait' : status === 'none' ? 'calm' : 'bad';
  return {
    tone, open, done: status === 'confirmed', sentence: invitation?.sentence ?? t('invite.lead'),
    again: status !== 'none', path: invitation?.path ?? '', mobile: invitation?.mobile_masked ?? '',
    canSend: open && (invitation?.messages_left ?? 0) > 0 && (invitation?.message_wait ?? 0) === 0,
    until: invitation?.link ? t('invite.until', { day: invitation.expires_at.slice(0, 10) }) : '',
  };
}

Page({
  behaviors: [screen],
  data: {
    w: section('invite'), loading: t('app.loading'), retry: t('app.retry'), ready: false,
    ...shownOf(undefined), code: '', codeOf: '', company: '', problem: '', busy: '',
  },
  onShow() {
    void this.load();
  },
  onHide() {
    this.rest();
  },
  onUnload() {
    this.rest();
  },
  rest() {
    clearTimeout((this as unknown as { timer?: number }).timer ?? 0);
  },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },
  async load() {
    this.rest();
    try {
      this.show(await readCompany());
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  show(company: CompanyState) {
    const shown = shownOf(company.invitation);
    const name = company.fields.find((f) => f.field === 'name')?.text ?? '';
    this.setData({ ...shown, ready: true, company: name, problem: '' });
    if (shown.open && this.data.codeOf !== shown.path) void this.draw(shown.path);
    if (shown.open) (this as unknown as { timer?: number }).timer = setTimeout(() => void this.load(), ASK_AGAIN_MS) as unknown as number;
  },
  async draw(path: string) {
    const { image } = await get('/api/company/invitation/code').catch(() => ({ image: '' }));
    if (image) this.setData({ code: image, codeOf: path });
  },
  async act(busy: string, ask: () => Promise<CompanyState>) {
    this.rest();
    this.setData({ busy, problem: '' });
    try {
      this.show(await ask());
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  invite() {
    void this.act('invite', () => post('/api/company/invitation'));
  },
  message() {
    void this.act('message', () => post('/api/company/invitation/message'));
  },
  async revoke() {
    const { confirm } = await wx.showModal({ title: t('invite.revoke'), content: t('invite.revoke_ask') });
    if (confirm) await this.act('revoke', () => post('/api/company/invitation/revoke'));
  },
  /** The card in WeChat: only the representative's own mobile number opens what it leads to. */
  onShareAppMessage() {
    return { title: t('invite.card', { company: this.data.company }), path: this.data.path };
  },
  async next() {
    const company = await readCompany().catch(() => null);
    wx.redirectTo({ url: urlOf(company ? nextPage(company) : 'answers') });
  },
});
