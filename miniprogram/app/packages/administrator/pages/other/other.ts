// 指定管理员信息填写: name, mobile and the code that the person named reads out; or one of the company's people.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { wordsFor } from '../../stage';

type FieldName = 'name' | 'mobile' | 'sms_code';
const FIELDS: FieldName[] = ['name', 'mobile', 'sms_code'];
const MOBILE = /^1\d{10}$/;

Page({
  behaviors: [screen],
  data: {
    w: section('administrator'), name: '', mobile: '', sms_code: '', wrong: {} as Partial<Record<FieldName, string>>, problem: '', busy: '',
    left: 0, codeLabel: t('administrator.get_code'), people: [] as { id: string; words: string }[],
  },
  onLoad() {
    void this.load();
  },
  onUnload() {
    this.setData({ left: 0 });
  },
  async load() {
    try {
      const seen = await get('/api/administrator');
      const others = seen.people.filter((person: Schemas['ColleagueView']) => !person.is_me);
      this.setData({ people: others.map((person) => ({ id: person.member_id, words: wordsFor(person) })) });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  onField(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const field = e.currentTarget.dataset.name as FieldName;
    this.setData({ [field]: e.detail.value.trim(), [`wrong.${field}`]: '' });
  },
  refuse(e: unknown) {
    const field = e instanceof ApiError ? (e.field as FieldName) : undefined;
    if (field && FIELDS.includes(field)) this.setData({ [`wrong.${field}`]: wordsOf(e) });
    else this.setData({ problem: wordsOf(e) });
  },
  async sendCode() {
    if (this.data.left > 0) return;
    if (!MOBILE.test(this.data.mobile)) return this.setData({ 'wrong.mobile': t('sign_in.mobile_bad') });
    this.setData({ busy: 'code', problem: '' });
    try {
      const { retry_after } = await post('/api/administrator/sms-code', { mobile: this.data.mobile });
      this.setData({ left: retry_after });
      this.tick();
    } catch (e) {
      this.refuse(e);
    } finally {
      this.setData({ busy: '' });
    }
  },
  /** 重新发送(59). */
  tick() {
    const { left } = this.data;
    this.setData({ codeLabel: left > 0 ? t('administrator.resend', { left }) : t('administrator.get_code') });
    if (left <= 0) return;
    setTimeout(() => {
      this.setData({ left: Math.max(this.data.left - 1, 0) });
      this.tick();
    }, 1000);
  },
  async submit() {
    const { name, mobile, sms_code } = this.data;
    await this.act('submit', () => post('/api/administrator/other', { name, mobile, sms_code }));
  },
  async choose(e: WechatMiniprogram.TouchEvent) {
    const { id, words } = e.currentTarget.dataset as { id: string; words: string };
    const { confirm } = await wx.showModal({ title: t('administrator.change'), content: t('administrator.change_ask', { who: words }) });
    if (confirm) await this.act('choose', () => post('/api/administrator/change', { member_id: id }));
  },
  async act(what: string, action: () => Promise<unknown>) {
    this.setData({ busy: what, problem: '', wrong: {} });
    try {
      await action();
      wx.navigateBack();
    } catch (e) {
      this.refuse(e);
    } finally {
      this.setData({ busy: '' });
    }
  },
});
