// 我的授权: each separate consent, its text, and one tap to take it back.
import { get, post, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';

type Consent = Schemas['ConsentView'];

interface Row {
  id: string;
  title: string;
  state: string;
  stands: boolean;
}

/** What is said of each. */
export const rowsOf = (consents: Consent[]): Row[] =>
  consents.map(({ id, title, stands, given_at = '', withdrawn_at = '' }) => ({
    id, title, stands,
    state: stands ? t('consents.given', { day: given_at.slice(0, 10) }) : withdrawn_at ? t('consents.withdrawn', { day: withdrawn_at.slice(0, 10) }) : t('consents.none'),
  }));

Page({
  behaviors: [screen],
  data: { w: section('consents'), retry: t('app.retry'), loading: t('app.loading'), ready: false, rows: [] as Row[], problem: '', busy: '' },
  onLoad() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      this.setData({ rows: rowsOf(await get('/api/person/consents')), ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  read(e: WechatMiniprogram.BaseEvent) {
    wx.navigateTo({ url: `/packages/person/pages/text/text?id=${String(e.currentTarget.dataset.id)}` });
  },
  async withdraw(e: WechatMiniprogram.BaseEvent) {
    const id = String(e.currentTarget.dataset.id);
    this.setData({ busy: id, problem: '' });
    try {
      this.setData({ rows: rowsOf(await post(`/api/person/consents/${id}/withdraw` as '/api/person/consents/{text}/withdraw')) });
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    } finally {
      this.setData({ busy: '' });
    }
  },
});
