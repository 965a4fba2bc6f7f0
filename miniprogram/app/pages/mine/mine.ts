// 我的: who is signed in, other accounts, signing out.
import { get, post, wordsOf } from '../../api/call';
import type { Me } from '../../api/types';
import { screen } from '../../behaviors/screen';
import type { Fact } from '../../components/fact-list/fact-list';
import { SIGN_IN } from '../../routes';
import { forget, session, signIn } from '../../session';
import { section, t } from '../../words';

const factsOf = (me: Me): Fact[] => [
  { icon: 'company', label: t('mine.account'), value: me.account_name },
  { icon: 'phone', label: t('mine.mobile'), value: me.mobile_masked },
];

async function sure(title: string, content: string): Promise<boolean> {
  const { confirm } = await wx.showModal({ title, content, confirmColor: '#b3261e' });
  return confirm;
}

Page({
  behaviors: [screen],
  data: { w: section('mine'), signIn: t('home.sign_in'), me: null as Me | null, facts: [] as Fact[], problem: '', busy: '' },
  onShow() {
    void this.load();
  },
  show(me: Me | null) {
    this.setData({ me, facts: me ? factsOf(me) : [] });
  },
  async load() {
    const known = session();
    this.setData({ problem: '' });
    this.show(known?.me ?? null);
    if (!known) return;
    try {
      const me = await get('/api/me');
      signIn({ token: known.token, me });
      this.show(me);
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
      this.show(session()?.me ?? null);
    }
  },
  toSignIn() {
    wx.navigateTo({ url: SIGN_IN });
  },
  toConsents() {
    wx.navigateTo({ url: '/packages/person/pages/consents/consents' });
  },
  async switchTo(e: WechatMiniprogram.TouchEvent) {
    const { id, current } = e.currentTarget.dataset as { id: string; current: boolean };
    if (current) return;
    try {
      const answer = await post('/api/me/switch', { member_id: id });
      signIn(answer);
      this.show(answer.me);
      wx.showToast({ title: t('mine.switched', { name: answer.me.account_name }), icon: 'none' });
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    }
  },
  /** Does something that ends the session here. */
  async end(name: string, act: () => Promise<unknown>) {
    this.setData({ busy: name, problem: '' });
    try {
      await act();
      forget();
      this.show(null);
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  signOut() {
    return this.end('sign_out', () => post('/api/sign-out'));
  },
  async signOutEverywhere() {
    if (!(await sure(t('mine.sign_out_everywhere'), t('mine.sign_out_everywhere_ask')))) return;
    await this.end('everywhere', () => post('/api/sign-out-everywhere'));
  },
  async unbind() {
    if (!(await sure(t('mine.unbind'), t('mine.unbind_ask')))) return;
    await this.end('unbind', () => post('/api/me/unbind'));
  },
});
