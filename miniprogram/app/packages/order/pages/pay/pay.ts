// 订单确认支付: WeChat's sheet takes the money; whether it has, only the server says.
import { get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import type { Fact } from '../../../../components/fact-list/fact-list';
import { HOME, stepPage } from '../../../../routes';
import { money } from '../../../../money';
import { section, t } from '../../../../words';
import { factsOf, INVOICE_PAGE, transferFacts, type Order } from '../../orders';

/** How often, and how long, the server is asked after the sheet was paid. */
const ASK_EVERY_MS = 1500;
const ASKS = 8;

/** What WeChat's sheet ended in. `paid` is the phone's word only. */
export function sheetEnded(errMsg: string): 'paid' | 'cancelled' | 'failed' {
  if (errMsg === 'requestPayment:ok') return 'paid';
  return errMsg.startsWith('requestPayment:fail cancel') ? 'cancelled' : 'failed';
}

const ENDED: Order['status'][] = ['paid', 'closed', 'refunding', 'refunded'];
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Page({
  behaviors: [screen],
  data: {
    w: section('order'), loading: t('app.loading'), home: t('app.back_home'), id: '', order: null as Order | null, facts: [] as Fact[], transfer: [] as Fact[], code: '', refunds: [] as string[],
    total: '', note: '', problem: '', busy: false, asking: false,
  },
  onLoad({ id = '' }: { id?: string }) {
    this.setData({ id });
  },
  onShow() {
    if (!this.data.busy) void this.load();
  },
  show(order: Order) {
    const refunds = order.refunds.map((refund) => `${money(refund.amount)} ${refund.status_label}`);
    this.setData({ order, facts: factsOf(order), total: money(order.total), refunds });
    return ENDED.includes(order.status);
  },
  async load() {
    try {
      const order = await get(`/api/orders/${this.data.id}` as '/api/orders/{id}');
      if (order.status === 'draft') {
        wx.redirectTo({ url: `${INVOICE_PAGE}?id=${order.id}` });
        return;
      }
      this.show(order);
      this.setData({ problem: '' });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  async pay() {
    this.setData({ busy: true, problem: '', note: '', transfer: [] });
    try {
      const answer = await post(`/api/orders/${this.data.id}/pay` as '/api/orders/{id}/pay', { channel: 'mini_program' });
      const ended = answer.request_payment ? await this.sheet(answer.request_payment) : 'paid';
      // Whatever the sheet said, the server asks WeChat Pay; a cancelled sheet is asked about once.
      await this.ask(ended === 'paid' ? ASKS : 1);
      if (!this.data.order || ENDED.includes(this.data.order.status)) return;
      this.setData({ note: t(ended === 'paid' ? 'order.confirming' : ended === 'cancelled' ? 'order.cancelled_sheet' : 'order.failed_sheet') });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
  /** 对公转账: the same instructions however often they are asked for. */
  async transferInstead() {
    this.setData({ busy: true, problem: '', note: '' });
    try {
      const { transfer } = await post(`/api/orders/${this.data.id}/pay` as '/api/orders/{id}/pay', { channel: 'bank_transfer' });
      if (transfer) this.setData({ transfer: transferFacts(transfer), code: transfer.code });
      else await this.load();
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
  copyCode() {
    wx.setClipboardData({ data: this.data.code });
  },
  /** Opens WeChat's sheet with the server's parameters. */
  async sheet(request: { timeStamp: string; nonceStr: string; package: string; signType: string; paySign: string }) {
    const { timeStamp, nonceStr, paySign } = request;
    const end = await wx.requestPayment({ timeStamp, nonceStr, package: request.package, signType: 'RSA', paySign }).catch((e: { errMsg: string }) => e);
    return sheetEnded(end.errMsg);
  },
  async ask(times: number) {
    this.setData({ asking: true });
    try {
      for (let asked = 0; asked < times; asked++) {
        if (asked) await wait(ASK_EVERY_MS);
        const order = await post(`/api/orders/${this.data.id}/check` as '/api/orders/{id}/check');
        if (this.show(order)) return;
      }
    } finally {
      this.setData({ asking: false });
    }
  },
  async askNow() {
    this.setData({ note: '', problem: '' });
    try {
      await this.ask(1);
      if (this.data.order?.status === 'awaiting_payment') this.setData({ note: t('order.not_paid_yet') });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  async cancel() {
    const { confirm } = await wx.showModal({ title: t('order.cancel'), content: t('order.cancel_ask') });
    if (!confirm) return;
    try {
      await post(`/api/orders/${this.data.id}/cancel` as '/api/orders/{id}/cancel');
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
    await this.load();
  },
  next() {
    wx.redirectTo({ url: stepPage('administrator') });
  },
  editInvoice() {
    wx.redirectTo({ url: `${INVOICE_PAGE}?id=${this.data.id}` });
  },
  goHome() {
    wx.switchTab({ url: HOME });
  },
});
