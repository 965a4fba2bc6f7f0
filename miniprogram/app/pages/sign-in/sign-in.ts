// 登录: one tap with WeChat; the first time, the account is bound.
import { ApiError, wordsOf } from '../../api/call';
import { bind, signInWithWechat } from '../../api/sign-in';
import { screen } from '../../behaviors/screen';
import { leave } from '../../routes';
import { section, t } from '../../words';

type FieldName = 'account' | 'mobile' | 'password';
type Wrong = Partial<Record<FieldName, string>>;

const ACCOUNT = /^[A-Za-z0-9]{6,18}$/;
const MOBILE = /^1\d{10}$/;

/** What can be said about the fields before asking the server. */
export function check(values: Record<FieldName, string>): Wrong {
  const wrong: Wrong = {};
  if (!ACCOUNT.test(values.account)) wrong.account = t('sign_in.account_bad');
  if (!MOBILE.test(values.mobile)) wrong.mobile = t('sign_in.mobile_bad');
  if (!values.password) wrong.password = t('sign_in.password_bad');
  return wrong;
}

Page({
  behaviors: [screen],
  data: {
    w: section('sign_in'), ticket: '', account: '', mobile: '', password: '', wrong: {} as Wrong, problem: '', busy: false,
  },
  onField(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const name = e.currentTarget.dataset.name as FieldName;
    this.setData({ [name]: e.detail.value.trim(), [`wrong.${name}`]: '' });
  },
  async oneTap() {
    this.setData({ busy: true, problem: '' });
    try {
      const { bindTicket } = await signInWithWechat();
      if (bindTicket) this.setData({ ticket: bindTicket });
      else leave();
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
  async submit() {
    const { ticket, account, mobile, password } = this.data;
    const wrong = check({ account, mobile, password });
    this.setData({ wrong, problem: '' });
    if (Object.keys(wrong).length) return;
    this.setData({ busy: true });
    try {
      await bind(ticket, account, mobile, password);
      leave();
    } catch (e) {
      this.refuse(e);
    } finally {
      this.setData({ busy: false });
    }
  },
  refuse(e: unknown) {
    const field = e instanceof ApiError ? e.field : '';
    if (field === 'account' || field === 'mobile' || field === 'password') this.setData({ [`wrong.${field}`]: wordsOf(e) });
    else this.setData({ problem: wordsOf(e) });
    // a ticket is used up or too old: start again with one tap
    if (e instanceof ApiError && e.field === 'bind_ticket') this.setData({ ticket: '' });
  },
});
