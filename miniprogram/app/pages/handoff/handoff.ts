// 扫码确认: what a computer asks of this phone, by which browser, system and place; confirm or refuse.
import { ApiError, post, wordsOf } from '../../api/call';
import { wechatCode } from '../../api/sign-in';
import type { Handoff } from '../../api/types';
import { screen } from '../../behaviors/screen';
import type { Fact } from '../../components/fact-list/fact-list';
import { HOME, INVITATION, isStep, stepPage } from '../../routes';
import { signIn } from '../../session';
import { isInvitation, ticketFrom, type Opened } from '../../ticket';
import { catalogue, section, t, type Key } from '../../words';

type Stage = 'reading' | 'ask' | 'confirmed' | 'refused' | 'failed';

/** The words for what is asked; an unknown purpose is still said in general words. */
export function purposeWords(purpose: string): string {
  const key = `purpose.${purpose}`;
  return t(key in catalogue.zh ? (key as Key) : 'purpose.other');
}

const factsOf = (h: Handoff): Fact[] => [
  { icon: 'certificate', label: t('handoff.purpose'), value: purposeWords(h.purpose) },
  { icon: 'company', label: t('handoff.account'), value: h.account_name },
  { icon: 'browser', label: t('handoff.browser'), value: h.browser },
  { icon: 'desktop', label: t('handoff.system'), value: h.system },
  { icon: 'location', label: t('handoff.place'), value: h.place },
];

Page({
  behaviors: [screen],
  data: {
    w: section('handoff'), loading: t('app.loading'), home: t('app.back_home'), retry: t('app.retry'),
    stage: 'reading' as Stage, ticket: '', facts: [] as Fact[], purpose: '', problem: '', failedTitle: '', retryable: false, busy: '',
  },
  onLoad(opened: Opened) {
    const ticket = ticketFrom(opened);
    this.setData({ ticket });
    if (ticket && isInvitation(opened)) wx.redirectTo({ url: `${INVITATION}?t=${ticket}` });
    else if (ticket) void this.look();
    else this.setData({ stage: 'failed', failedTitle: t('handoff.missing'), problem: t('handoff.missing_lead') });
  },
  async look() {
    this.setData({ stage: 'reading', problem: '' });
    try {
      const handoff = await post('/api/handoffs/look', { ticket: this.data.ticket, code: await wechatCode() });
      this.setData({ stage: 'ask', facts: factsOf(handoff), purpose: handoff.purpose });
    } catch (e) {
      this.fail(e);
    }
  },
  /** A ticket that is gone cannot be tried again; a network that is gone can. */
  fail(e: unknown) {
    const retryable = e instanceof ApiError && (e.status === 0 || e.status >= 500);
    const failedTitle = retryable ? t('home.failed') : t('handoff.over');
    const problem = retryable ? wordsOf(e) : t('handoff.missing_lead');
    this.setData({ stage: 'failed', retryable, failedTitle, problem });
  },
  async confirm() {
    this.setData({ busy: 'confirm', problem: '' });
    try {
      const answer = await post('/api/handoffs/confirm', { ticket: this.data.ticket, code: await wechatCode() });
      signIn(answer);
      this.setData({ stage: 'confirmed', purpose: answer.purpose });
    } catch (e) {
      if (e instanceof ApiError && e.status >= 400 && e.status < 500 && !e.field) this.fail(e);
      else this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  async refuse() {
    this.setData({ busy: 'refuse', problem: '' });
    try {
      await post('/api/handoffs/refuse', { ticket: this.data.ticket, code: await wechatCode() });
      this.setData({ stage: 'refused' });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  goOn() {
    const { purpose } = this.data;
    if (isStep(purpose)) wx.redirectTo({ url: stepPage(purpose) });
    else wx.switchTab({ url: HOME });
  },
  goHome() {
    wx.switchTab({ url: HOME });
  },
  onFailedAction() {
    if (this.data.retryable) void this.look();
    else this.goHome();
  },
});
