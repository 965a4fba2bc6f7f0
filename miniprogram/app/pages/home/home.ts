// 首页: where the five steps stand, or the way in.
import { get, wordsOf } from '../../api/call';
import type { JourneyStep, StepName } from '../../api/types';
import { screen } from '../../behaviors/screen';
import { SIGN_IN, stepPage } from '../../routes';
import { session } from '../../session';
import { section, t } from '../../words';

function leadOf(steps: JourneyStep[]): string {
  const done = steps.filter((s) => s.state === 'done').length;
  return done === steps.length ? t('home.all_done') : t('home.progress', { done, total: steps.length });
}

Page({
  behaviors: [screen],
  data: {
    w: section('home'),
    retry: t('app.retry'),
    loading: t('app.loading'),
    signedIn: false,
    company: '',
    lead: t('home.lead'),
    steps: [] as JourneyStep[],
    problem: '',
  },
  onShow() {
    void this.load();
  },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },
  async load() {
    const signedIn = session() !== null;
    this.setData({ signedIn, problem: '', ...(signedIn ? {} : { steps: [], company: '' }) });
    if (!signedIn) return;
    try {
      const { steps } = await get('/api/journey');
      this.setData({ steps, company: session()?.me.account_name ?? '', lead: leadOf(steps) });
    } catch (e) {
      this.setData({ problem: wordsOf(e), signedIn: session() !== null });
    }
  },
  toSignIn() {
    wx.navigateTo({ url: SIGN_IN });
  },
  async scan() {
    const scanned = await wx.scanCode({ scanType: ['qrCode'] }).catch(() => null);
    if (scanned) wx.navigateTo({ url: `/pages/handoff/handoff?q=${encodeURIComponent(scanned.result)}` });
  },
  openStep(e: WechatMiniprogram.CustomEvent<{ step: StepName }>) {
    wx.navigateTo({ url: stepPage(e.detail.step) });
  },
});
