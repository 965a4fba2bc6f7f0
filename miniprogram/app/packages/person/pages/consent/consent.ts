// 授权认证: what is collected and by whom; three ticks, each an act of its own; and the way without a face.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { facePage, goTo, pageFor } from '../../resume';

type Tick = 'face' | 'transfer' | 'provide_to_ca';

Page({
  behaviors: [screen],
  data: { w: section('person'), by: t('person.consent_by', { company: '…' }), face: false, transfer: false, provide_to_ca: false, problem: '', busy: '' },
  onLoad() {
    void this.nameCompany();
  },
  async nameCompany() {
    const service = await get('/api/service').catch(() => null);
    if (service) this.setData({ by: t('person.consent_by', { company: service.company }) });
  },
  toggle(e: WechatMiniprogram.TouchEvent) {
    const name = e.currentTarget.dataset.name as Tick;
    this.setData({ [name]: !this.data[name], problem: '' });
  },
  read(e: WechatMiniprogram.TouchEvent) {
    wx.navigateTo({ url: `/packages/person/pages/text/text?id=${String(e.currentTarget.dataset.id)}` });
  },
  async agree() {
    const { face, transfer, provide_to_ca } = this.data;
    if (!face) return this.setData({ problem: t('person.agree_face_missing') });
    if (!transfer) return this.setData({ problem: t('person.agree_transfer_missing') });
    if (!provide_to_ca) return this.setData({ problem: t('person.agree_ca_missing') });
    await this.act('agree', () => post('/api/person/consent', { face, transfer, provide_to_ca }));
  },
  decline() {
    goTo('manual');
  },
  async act(busy: string, call: () => Promise<Parameters<typeof pageFor>[0]>) {
    this.setData({ busy, problem: '' });
    try {
      goTo(this.after(await call()));
    } catch (e) {
      if (e instanceof ApiError && e.status === 409) goTo('result');
      else this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  /** A person who failed for want of consent goes on with a number. */
  after(person: Parameters<typeof pageFor>[0]) {
    return person.status === 'failed' ? facePage(person) : pageFor(person);
  },
});
