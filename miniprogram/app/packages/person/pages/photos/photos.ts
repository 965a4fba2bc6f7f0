// 身份验证: both sides of the identity card.
import { download, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { findingOf, goTo, isSide, pageFor, readPerson, type Finding, type PersonView } from '../../resume';

Page({
  behaviors: [screen],
  data: { w: section('person'), portrait: false, emblem: false, problem: '', busy: false, found: {} as Record<string, Finding | null>, kept: {} as Record<string, string> },
  onLoad() {
    void this.load();
  },
  async load() {
    try {
      const person = await readPerson();
      this.setData(person.photos);
      await this.look(person);
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  /** What the reviewer found, on the photos that are there. */
  async look(person: PersonView) {
    for (const side of ['portrait', 'emblem']) {
      const finding = findingOf(person, side);
      this.setData({ [`found.${side}`]: finding, [`kept.${side}`]: '' });
      if (finding) this.setData({ [`kept.${side}`]: await download(`/api/person/photos/${side}`).catch(() => '') });
    }
  },
  onSent(e: WechatMiniprogram.CustomEvent<{ answer: PersonView }>) {
    const side = e.currentTarget.dataset.side as string;
    this.setData({ ...e.detail.answer.photos, problem: '', [`found.${side}`]: null });
  },
  onFailed(e: WechatMiniprogram.CustomEvent<{ words: string }>) {
    this.setData({ problem: e.detail.words });
  },
  async next() {
    if (!this.data.portrait || !this.data.emblem) return this.setData({ problem: t('person.photos_missing') });
    this.setData({ busy: true });
    try {
      const person = await readPerson();
      const side = (person.failed?.findings ?? []).find((f) => isSide(f.item));
      if (side) return this.setData({ problem: side.reason });
      goTo(person.status === 'failed' ? 'fields' : pageFor(person));
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
