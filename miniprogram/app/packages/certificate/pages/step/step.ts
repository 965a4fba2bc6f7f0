// 激活证书: what it still waits for; then the certificate's card with its seals.
import { get, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import type { Fact } from '../../../../components/fact-list/fact-list';
import { leave } from '../../../../routes';
import { section, t } from '../../../../words';

export type Certificate = Schemas['CertificateAnswer'];

/** How often the server is asked while the certificate is not there yet. */
const ASK_EVERY_MS = 3000;

/** The card's lines. */
export function factsOf(card: Schemas['CertificateCard']): Fact[] {
  const period = `${card.not_before.slice(0, 10)} – ${card.not_after.slice(0, 10)}`;
  return [
    { icon: 'company', label: t('certificate.holder'), value: card.holder },
    { icon: 'certificate', label: t('certificate.code'), value: card.code },
    { icon: 'lock', label: t('certificate.serial'), value: card.serial },
    { icon: 'time', label: t('certificate.period'), value: period },
    { icon: 'check-circle', label: t('certificate.issuer'), value: card.issuer },
  ];
}

/** In force, over, or never again. */
export function headOf(card: Schemas['CertificateCard']): { words: string; tone: 'good' | 'bad' } {
  if (card.status === 'revoked') return { words: t('certificate.revoked'), tone: 'bad' };
  return card.expired ? { words: t('certificate.expired'), tone: 'bad' } : { words: t('certificate.active'), tone: 'good' };
}

Page({
  behaviors: [screen],
  data: {
    w: section('certificate'), retry: t('app.retry'), home: t('app.back_home'), loading: t('app.loading'), failed: t('home.failed'),
    stage: 'loading' as 'loading' | 'failed' | 'waiting' | 'card', problem: '', words: '', tone: 'good', pem: '', facts: [] as Fact[],
    conditions: [] as Schemas['ConditionView'][], seals: [] as Schemas['SealView'][], proofs: [] as Schemas['SealView'][], visible: false,
  },
  onShow() {
    this.setData({ visible: true });
    void this.load();
  },
  onHide() {
    this.setData({ visible: false });
  },
  onUnload() {
    this.setData({ visible: false });
  },
  show(seen: Certificate) {
    const { certificate: card, conditions, seals, proofs } = seen;
    if (!card) return this.setData({ stage: 'waiting', conditions, proofs });
    this.setData({ stage: 'card', ...headOf(card), facts: factsOf(card), pem: card.pem, seals });
  },
  async load() {
    try {
      this.show(await get('/api/certificate'));
      this.setData({ problem: '' });
    } catch (e) {
      if (this.data.stage === 'waiting') this.setData({ problem: wordsOf(e) });
      else this.setData({ stage: 'failed', problem: wordsOf(e) });
    }
    if (this.data.stage === 'waiting') setTimeout(() => this.data.visible && void this.load(), ASK_EVERY_MS);
  },
  copy() {
    wx.setClipboardData({ data: this.data.pem });
  },
  leave,
});
