// 身份验证: both sides of the identity card.
import { wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { goTo, pageFor, readPerson, type PersonView } from '../../resume';

Page({
  behaviors: [screen],
  data: { w: section('person'), portrait: false, emblem: false, problem: '', busy: false },
  onLoad() {
    void this.load();
  },
  async load() {
    try {
      this.setData((await readPerson()).photos);
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  onSent(e: WechatMiniprogram.CustomEvent<{ answer: PersonView }>) {
    this.setData({ ...e.detail.answer.photos, problem: '' });
  },
  onFailed(e: WechatMiniprogram.CustomEvent<{ words: string }>) {
    this.setData({ problem: e.detail.words });
  },
  async next() {
    if (!this.data.portrait || !this.data.emblem) return this.setData({ problem: t('person.photos_missing') });
    this.setData({ busy: true });
    try {
      goTo(pageFor(await readPerson()));
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
