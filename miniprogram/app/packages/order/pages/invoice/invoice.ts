// 确认发票信息: the bill, and to whom the electronic invoice is made out.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { money } from '../../../../money';
import { section, t } from '../../../../words';
import { billOf, PAY_PAGE, type Order } from '../../orders';

const FIELDS = ['buyer_name', 'email', 'taxpayer_id'] as const;
type Field = (typeof FIELDS)[number];

const blank = (): Record<Field, string> => ({ buyer_name: '', email: '', taxpayer_id: '' });

/** 订阅消息, once for an order: WeChat allows it in a tap only. Whoever declines is told by text. */
function askToTell(order: Order | null) {
  if (order?.status === 'draft' && order.ask_to_tell.length) {
    wx.requestSubscribeMessage({ tmplIds: order.ask_to_tell }).catch(() => undefined);
  }
}

Page({
  behaviors: [screen],
  data: {
    w: section('order'), loading: t('app.loading'), id: '', order: null as Order | null, bill: [] as ReturnType<typeof billOf>,
    total: '', typed: blank(), wrong: blank(), problem: '', busy: false,
  },
  onLoad({ id = '' }: { id?: string }) {
    this.setData({ id });
    void this.load();
  },
  async load() {
    try {
      const order = await get(`/api/orders/${this.data.id}` as '/api/orders/{id}');
      const { buyer_name, email, taxpayer_id } = order.invoice;
      this.setData({ order, bill: billOf(order.lines), total: money(order.total), typed: { buyer_name, email, taxpayer_id }, problem: '' });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  onChange(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const { name } = e.currentTarget.dataset as { name: Field };
    this.setData({ typed: { ...this.data.typed, [name]: e.detail.value }, wrong: { ...this.data.wrong, [name]: '' } });
  },
  async next() {
    askToTell(this.data.order);
    this.setData({ busy: true, problem: '', wrong: blank() });
    try {
      await post(`/api/orders/${this.data.id}/invoice` as '/api/orders/{id}/invoice', this.data.typed);
      wx.redirectTo({ url: `${PAY_PAGE}?id=${this.data.id}` });
    } catch (e) {
      const field = e instanceof ApiError ? FIELDS.find((name) => name === e.field) : undefined;
      this.setData(field ? { wrong: { ...blank(), [field]: wordsOf(e) } } : { problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
