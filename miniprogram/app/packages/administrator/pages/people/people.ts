// 授权管理: gives a bought authorisation to one of the company's people, and takes it back.
import { get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { type Administrator, wordsFor } from '../../stage';

/** The people as shown; whoever is not verified cannot be given anything yet. */
export const rowsOf = (seen: Administrator) =>
  seen.people
    .filter((person) => !person.is_me)
    .map((person) => ({
      id: person.member_id, words: wordsFor(person), authorisation: person.authorisation_id ?? '', verified: Boolean(person.name_masked),
    }));

Page({
  behaviors: [screen],
  data: { w: section('administrator'), rows: [] as ReturnType<typeof rowsOf>, meter: '', problem: '', busy: '', read: false },
  onShow() {
    void this.act('', () => get('/api/administrator'));
  },
  async act(id: string, action: () => Promise<Administrator>) {
    this.setData({ busy: id, problem: '' });
    try {
      const seen = await action();
      const meter = t('administrator.meter', { bought: seen.authorisations_bought, given: seen.authorisations_given });
      this.setData({ rows: rowsOf(seen), meter, read: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  grant(e: WechatMiniprogram.CustomEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    return this.act(id, () => post('/api/authorisations', { member_id: id }));
  },
  revoke(e: WechatMiniprogram.CustomEvent) {
    const { id, authorisation } = e.currentTarget.dataset as { id: string; authorisation: string };
    return this.act(id, () => post(`/api/authorisations/${authorisation}/revoke` as '/api/authorisations/{id}/revoke'));
  },
});
