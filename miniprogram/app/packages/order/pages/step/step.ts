// 服务信息: project, region, the certificate that is always there, authorisations, and the total the server computes.
import { get, idempotencyKey, post, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import { money } from '../../../../money';
import { section, t } from '../../../../words';
import { pageOf } from '../../orders';

type Platform = Schemas['Platform'];

/** The position of a code in a list of them; the first when it is not there. */
export const positionOf = (list: { code: string }[], code: string | undefined): number =>
  Math.max(0, list.findIndex((item) => item.code === code));

const names = (list: { name: string }[]) => list.map((item) => item.name);

Page({
  behaviors: [screen],
  data: {
    w: section('order'), stage: 'reading' as 'reading' | 'locked' | 'choose' | 'failed', retry: t('app.retry'), loading: t('app.loading'),
    platforms: [] as Platform[], platformNames: [] as string[], regionNames: [] as string[],
    platform: 0, region: 0, authorisations: 0, most: 50, bought: false, rule: [] as string[],
    certificatePrice: '', authorisationPrice: '', total: '', nothing: true, openOrder: '', problem: '', busy: false, key: '',
  },
  onShow() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      const [{ steps }, catalogue] = await Promise.all([get('/api/journey'), get('/api/catalogue')]);
      const locked = steps.find((step) => step.step === 'order')?.state === 'locked';
      if (locked) return this.setData({ stage: 'locked' });
      const { platforms, bought } = catalogue;
      const kept = this.data.stage === 'choose' ? this.data.platform : positionOf(platforms, catalogue.platform);
      this.setData({
        stage: 'choose', platforms, platformNames: names(platforms), bought, most: catalogue.authorisations_most, rule: catalogue.refund_rule,
        openOrder: catalogue.open_order ?? '', key: await idempotencyKey(),
      });
      this.choose(kept, this.data.region);
    } catch (e) {
      this.setData({ stage: 'failed', problem: wordsOf(e) });
    }
  },
  /** Shows a platform with one of its regions, and asks what it costs. */
  choose(platform: number, region: number) {
    const regions = this.data.platforms[platform]?.regions ?? [];
    const at = region < regions.length ? region : 0;
    const prices = regions[at];
    if (!prices) return;
    this.setData({
      platform, region: at, regionNames: names(regions),
      certificatePrice: money(prices.certificate_price), authorisationPrice: money(prices.authorisation_price),
    });
    void this.quote();
  },
  onPlatform(e: WechatMiniprogram.PickerChange) {
    this.choose(Number(e.detail.value), 0);
  },
  onRegion(e: WechatMiniprogram.PickerChange) {
    this.choose(this.data.platform, Number(e.detail.value));
  },
  onCount(e: WechatMiniprogram.CustomEvent<{ value: number }>) {
    this.setData({ authorisations: Number(e.detail.value) });
    void this.quote();
  },
  choice() {
    const platform = this.data.platforms[this.data.platform]!;
    return { platform: platform.code, region: platform.regions[this.data.region]!.code, authorisations: this.data.authorisations };
  },
  /** Only the answer to the last question is shown. */
  async quote() {
    const own = this as unknown as { asked?: number };
    const mine = (own.asked ?? 0) + 1;
    own.asked = mine;
    try {
      const quote = await post('/api/orders/quote', this.choice());
      if (own.asked === mine) this.setData({ total: money(quote.total), nothing: quote.lines.length === 0, problem: '' });
    } catch (e) {
      if (own.asked === mine) this.setData({ problem: wordsOf(e), nothing: true });
    }
  },
  async buy() {
    this.setData({ busy: true, problem: '' });
    try {
      const order = await post('/api/orders', this.choice(), this.data.key);
      wx.navigateTo({ url: pageOf(order) });
    } catch (e) {
      this.setData({ problem: wordsOf(e), key: await idempotencyKey() });
    } finally {
      this.setData({ busy: false });
    }
  },
  async goOn() {
    try {
      wx.navigateTo({ url: pageOf(await get(`/api/orders/${this.data.openOrder}` as '/api/orders/{id}')) });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  help() {
    wx.showModal({ title: t('order.help'), content: t('order.help_text'), showCancel: false });
  },
});
