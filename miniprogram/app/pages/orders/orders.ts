// 订单管理: every order of the account, and what can be done with it.
import { get, post, wordsOf } from '../../api/call';
import type { Schemas } from '../../api/types';
import { screen } from '../../behaviors/screen';
import { money } from '../../money';
import { SIGN_IN, stepPage } from '../../routes';
import { session } from '../../session';
import { section, t } from '../../words';

type Order = Schemas['OrderView'];

const TONES: Partial<Record<Order['status'], string>> = { paid: 'good', awaiting_payment: 'ink', draft: 'ink', refunding: 'wait' };

/** As many as the server gives at once. */
const PAGE = 20;

/** `2026-11-23 12:05` in Beijing, whatever the phone's zone. */
export function beijing(at: string): string {
  return new Date(Date.parse(at) + 8 * 3600_000).toISOString().slice(0, 16).replace('T', ' ');
}

/** A card of the list. The sum is the server's, in fen. */
export function cardOf(order: Order) {
  return {
    id: order.id, number: order.number, services: order.services, where: `${order.platform} · ${order.region}`,
    sum: money(order.total), state: order.status_label, at: beijing(order.created_at),
    tone: TONES[order.status] ?? 'calm', payable: order.actions.includes('pay'), draft: order.status === 'draft',
    cancellable: order.actions.includes('cancel'), refund: order.actions.includes('see_refund'),
    invoice: order.actions.includes('see_invoice'),
    more: order.actions.includes('buy_more'), back: order.refundable ?? 0, whole: order.refund_is_whole,
  };
}

Page({
  behaviors: [screen],
  data: { w: section('order'), retry: t('app.retry'), signIn: t('home.sign_in'), loading: t('app.loading'), signedIn: false, read: false, cards: [] as ReturnType<typeof cardOf>[], next: '', problem: '' },
  onShow() {
    void this.load();
  },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },
  async load() {
    const signedIn = session() !== null;
    this.setData({ signedIn, problem: '' });
    if (!signedIn) return this.setData({ cards: [], read: false });
    try {
      const cards = (await get('/api/orders')).map(cardOf);
      this.setData({ cards, read: true, next: cards.length === PAGE ? cards[PAGE - 1]!.id : '' });
    } catch (e) {
      this.setData({ problem: wordsOf(e), signedIn: session() !== null });
    }
  },
  open(e: WechatMiniprogram.CustomEvent) {
    const { id, draft } = e.currentTarget.dataset as { id: string; draft: boolean };
    const page = draft ? 'invoice/invoice' : 'pay/pay';
    wx.navigateTo({ url: `/packages/order/pages/${page}?id=${id}` });
  },
  invoices(e: WechatMiniprogram.CustomEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    wx.navigateTo({ url: `/packages/order/pages/invoices/invoices?id=${id}` });
  },
  async cancel(e: WechatMiniprogram.CustomEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    const { confirm } = await wx.showModal({ title: t('order.cancel'), content: t('order.cancel_ask') });
    if (!confirm) return;
    try {
      await post(`/api/orders/${id}/cancel` as '/api/orders/{id}/cancel');
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    }
    await this.load();
  },
  async more() {
    try {
      const cards = (await get(`/api/orders?before=${this.data.next}` as '/api/orders')).map(cardOf);
      this.setData({ cards: [...this.data.cards, ...cards], next: cards.length === PAGE ? cards[PAGE - 1]!.id : '' });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  /** 申请退款: the sum that is shown is the sum that is asked for. */
  async refund(e: WechatMiniprogram.CustomEvent) {
    const { id, back, whole } = e.currentTarget.dataset as { id: string; back: number; whole: boolean };
    const content = t(whole ? 'order.refund_whole' : 'order.refund_part', { sum: money(back) });
    const { confirm } = await wx.showModal({ title: t('order.refund'), content });
    if (!confirm) return;
    try {
      await post(`/api/orders/${id}/refund` as '/api/orders/{id}/refund', { amount: back });
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
      return;
    }
    await this.load();
  },
  buy() {
    wx.navigateTo({ url: stepPage('order') });
  },
  toSignIn() {
    wx.navigateTo({ url: SIGN_IN });
  },
});
