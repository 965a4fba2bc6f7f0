// 确认管理员: what an administrator may do, who it is, and what the person on this phone can do about it.
import { get, post, wordsOf } from '../../../../api/call';
import { wechatCode } from '../../../../api/sign-in';
import { screen } from '../../../../behaviors/screen';
import type { Fact } from '../../../../components/fact-list/fact-list';
import { leave, stepPage } from '../../../../routes';
import { session, signIn } from '../../../../session';
import { section, t } from '../../../../words';
import { type Administrator, type Stage, stageOf, wordsFor } from '../../stage';

const PAGES = '/packages/administrator/pages';

function factsOf(seen: Administrator): Fact[] {
  const { confirmed } = seen;
  if (!confirmed) return [];
  return [
    { icon: 'person', label: t('administrator.who'), value: wordsFor(confirmed) },
    { icon: 'time', label: t('administrator.since'), value: confirmed.since.slice(0, 10) },
    { icon: 'order', label: t('administrator.authorisations'), value: `${seen.authorisations_given} / ${seen.authorisations_bought}` },
  ];
}

Page({
  behaviors: [screen],
  data: {
    w: section('administrator'), retry: t('app.retry'), home: t('app.back_home'), loading: t('app.loading'), failed: t('home.failed'),
    stage: 'loading' as Stage | 'loading' | 'failed' | 'signed_out', duties: '', ask: '', advice: '', other: '', problem: '', busy: '',
    facts: [] as Fact[], mine: false, mayName: false, locked: false, verifyFirst: false,
  },
  onShow() {
    void this.load();
  },
  show(seen: Administrator) {
    this.setData({
      stage: stageOf(seen), duties: seen.duties, ask: seen.ask_self, advice: seen.advice ?? '', facts: factsOf(seen),
      other: seen.named ? wordsFor(seen.named) : '', mine: Boolean(seen.confirmed?.is_me), mayName: seen.may_name,
      locked: seen.key?.status === 'locked', verifyFirst: seen.blocked === 'not_verified',
    });
  },
  async load() {
    if (!session()) return this.setData({ stage: 'signed_out' });
    try {
      this.show(await get('/api/administrator'));
      this.setData({ problem: '' });
    } catch (e) {
      this.setData({ stage: session() ? 'failed' : 'signed_out', problem: wordsOf(e) });
    }
  },
  /** Acts, shows what came of it, or says why not. */
  async act(name: string, action: () => Promise<Administrator>) {
    this.setData({ busy: name, problem: '' });
    try {
      this.show(await action());
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  /** 我是管理员 → 提交 → 是否确认设定当前账号为管理员！ */
  async nameSelf() {
    const { confirm } = await wx.showModal({ title: t('administrator.title'), content: this.data.ask });
    if (confirm) await this.act('self', () => post('/api/administrator/self'));
  },
  async withdraw() {
    const { confirm } = await wx.showModal({ title: t('administrator.title'), content: t('administrator.withdraw_ask') });
    if (confirm) await this.act('withdraw', () => post('/api/administrator/withdraw'));
  },
  /** Somebody who was named by another person: the mobile number that WeChat has verified says who it is. */
  async byMobile(e: WechatMiniprogram.CustomEvent<{ code?: string }>) {
    const { code } = e.detail;
    if (!code) return;
    this.setData({ busy: 'mobile', problem: '' });
    try {
      signIn(await post('/api/wechat/bind-by-mobile', { code: await wechatCode(), phone_code: code }));
      await this.load();
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  toPin() {
    wx.navigateTo({ url: `${PAGES}/pin/pin` });
  },
  toOther() {
    wx.navigateTo({ url: `${PAGES}/other/other` });
  },
  toPeople() {
    wx.navigateTo({ url: `${PAGES}/people/people` });
  },
  toPerson() {
    wx.navigateTo({ url: stepPage('person') });
  },
  toCertificate() {
    wx.redirectTo({ url: stepPage('certificate') });
  },
  leave,
});
