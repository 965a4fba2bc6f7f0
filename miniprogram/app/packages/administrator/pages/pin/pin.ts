// 设置 PIN 码: six digits, twice; then the key is made with the server, proved, and the administrator confirmed.
import { post, wordsOf } from '../../../../api/call';
import { CosignRefused } from '../../../../crypto/cosign';
import { isPin, isTooSimple } from '../../../../crypto/pin';
import { NoSecureRandom } from '../../../../crypto/random';
import { screen } from '../../../../behaviors/screen';
import { stepPage } from '../../../../routes';
import { section, t } from '../../../../words';
import { makeKey } from '../../keys';

type Wrong = Partial<Record<'pin' | 'again', string>>;

/** What is wrong with a PIN and its repetition, before anything is made. */
export function check(pin: string, again: string): Wrong {
  if (!isPin(pin)) return { pin: t('administrator.pin_bad') };
  if (isTooSimple(pin)) return { pin: t('administrator.pin_simple') };
  return pin === again ? {} : { again: t('administrator.pin_differs') };
}

/** Why no key was made, in words that say what to do. */
export function wordsOfKey(e: unknown): string {
  if (e instanceof NoSecureRandom) return t('administrator.too_old');
  return e instanceof CosignRefused ? t('administrator.refused') : wordsOf(e);
}

Page({
  behaviors: [screen],
  data: { w: section('administrator'), pin: '', again: '', wrong: {} as Wrong, problem: '', stage: 'typing' as 'typing' | 'making' | 'done' },
  onField(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const name = e.currentTarget.dataset.name as 'pin' | 'again';
    this.setData({ [name]: e.detail.value.replace(/\D/g, '').slice(0, 6), [`wrong.${name}`]: '' });
  },
  async submit() {
    const { pin, again } = this.data;
    const wrong = check(pin, again);
    this.setData({ wrong, problem: '' });
    if (wrong.pin || wrong.again) return;
    this.setData({ stage: 'making' });
    try {
      const kid = await makeKey(pin);
      await post('/api/administrator/confirm', { kid });
      this.setData({ stage: 'done' });
    } catch (e) {
      this.setData({ stage: 'typing', problem: wordsOfKey(e) });
    } finally {
      this.setData({ pin: '', again: '' });
    }
  },
  goOn() {
    wx.redirectTo({ url: stepPage('certificate') });
  },
});
