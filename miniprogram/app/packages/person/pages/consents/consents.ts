// 我的授权: each separate consent, its text, and one tap to take it back; what follows is said, and asked for, before.
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
  /** What follows when it is taken back. */
  follows: string;
}

/** What is said of each. */
export const rowsOf = (consents: Consent[]): Row[] =>
  consents.map(({ id, title, stands, given_at = '', withdrawn_at = '', follows = '' }) => ({
    id, title, stands, follows: stands ? follows : '',
    state: stands ? t('consents.given', { day: given_at.slice(0, 10) }) : withdrawn_at ? t('consents.withdrawn', { day: withdrawn_at.slice(0, 10) }) : t('consents.none'),
  }));

/** Whether the person wants it all the same. */
async function understood(follows: string): Promise<boolean> {
  const { confirm } = await wx.showModal({ title: t('consents.sure'), content: follows });
  return confirm;
}

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
    const follows = this.data.rows.find((row) => row.id === id)?.follows ?? '';
    if (follows && !(await understood(follows))) return;
    this.setData({ busy: id, problem: '' });
    try {
      const body = { understood: follows !== '' };
      this.setData({ rows: rowsOf(await post(`/api/person/consents/${id}/withdraw` as '/api/person/consents/{text}/withdraw', body)) });
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  async give(e: WechatMiniprogram.BaseEvent) {
    const id = String(e.currentTarget.dataset.id);
    this.setData({ busy: id, problem: '' });
    try {
      this.setData({ rows: rowsOf(await post(`/api/person/consents/${id}/give` as '/api/person/consents/{text}/give')) });
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    } finally {
      this.setData({ busy: '' });
    }
  },
});
