// 人工审核: without a face. When to be called back, the consent that is still needed, and a signed statement on paper.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import { leave } from '../../../../routes';
import { section, t } from '../../../../words';
import { goTo, readPerson, type PersonView } from '../../resume';

type Slot = Schemas['CallSlot'];

const two = (n: number) => String(n).padStart(2, '0');

/** Beijing time, whatever the phone is set to. */
function beijing(iso: string) {
  const at = new Date(Date.parse(iso) + 8 * 3_600_000);
  return { day: `${at.getUTCMonth() + 1}月${at.getUTCDate()}日`, weekday: '日一二三四五六'[at.getUTCDay()] ?? '', time: `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}` };
}

/** `11月24日 周二 09:00–12:00`. */
export function slotWords({ from, until }: { from: string; until: string }): string {
  const begin = beijing(from);
  return `${begin.day} 周${begin.weekday} ${begin.time}–${beijing(until).time}`;
}

/** Where the review stands, in one sentence. */
export function callWords({ status, call }: PersonView): string {
  if (status !== 'manual_review') return '';
  if (call?.outcome === 'confirmed') return t('manual.called');
  if (call?.outcome === 'not_reached') return t('manual.not_reached');
  return call?.from && call.until ? t('manual.at', { time: slotWords({ from: call.from, until: call.until }) }) : t('manual.any_time');
}

Page({
  behaviors: [screen],
  data: {
    w: section('manual'), retry: t('app.retry'), loading: t('app.loading'), ready: false,
    slots: [] as { from: string; label: string }[], chosen: '', asked: false, said: '', hasStatement: false, needsTick: true, ticked: false, problem: '', busy: '',
  },
  onLoad() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      const [person, slots] = await Promise.all([readPerson(), get('/api/person/call-slots')]);
      this.show(person);
      this.setData({ slots: slots.map((slot: Slot) => ({ from: slot.from, label: slotWords(slot) })), ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  show(person: PersonView) {
    const asked = person.status === 'manual_review';
    if (person.status === 'verified') return goTo('result');
    this.setData({ asked, said: callWords(person), hasStatement: person.has_statement, needsTick: !asked && !person.consent.provide_to_ca, problem: '' });
  },
  choose(e: WechatMiniprogram.BaseEvent) {
    this.setData({ chosen: e.currentTarget.dataset.from as string, problem: '' });
  },
  tick() {
    this.setData({ ticked: !this.data.ticked, problem: '' });
  },
  read() {
    wx.navigateTo({ url: '/packages/person/pages/text/text?id=provide-to-ca' });
  },
  async submit() {
    const { chosen, asked, needsTick, ticked } = this.data;
    if (!chosen) return this.setData({ problem: t('manual.choose_first') });
    if (needsTick && !ticked) return this.setData({ problem: t('person.agree_ca_missing') });
    this.setData({ busy: 'submit', problem: '' });
    try {
      this.show(asked ? await post('/api/person/call', { call_at: chosen }) : await post('/api/person/manual-review', { provide_to_ca: true, call_at: chosen }));
      this.setData({ chosen: '' });
    } catch (e) {
      if (e instanceof ApiError && e.field === 'call_at') await this.load();
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  onSent(e: WechatMiniprogram.CustomEvent<{ answer: PersonView }>) {
    this.show(e.detail.answer);
  },
  onFailed(e: WechatMiniprogram.CustomEvent<{ words: string }>) {
    this.setData({ problem: e.detail.words });
  },
  leave,
});
