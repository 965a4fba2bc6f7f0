// 查看发票: the invoices of an order; the PDF opens here, and is mailed again when asked for.
import { download, get, post, wordsOf } from '../../../../api/call';
import type { Schemas } from '../../../../api/types';
import { screen } from '../../../../behaviors/screen';
import type { Fact } from '../../../../components/fact-list/fact-list';
import { money } from '../../../../money';
import { section, t } from '../../../../words';

type Invoice = Schemas['InvoiceView'];

/** An invoice as a card: the sum is the server's, in fen. */
export function cardOf(one: Invoice) {
  const facts: Fact[] = [{ icon: 'order', label: t('order.invoice_amount'), value: money(one.amount) }];
  if (one.number) facts.push({ icon: 'certificate', label: t('order.invoice_number'), value: one.number });
  if (one.day) facts.push({ icon: 'time', label: t('order.invoice_day'), value: one.day });
  if (one.sent_to) facts.push({ icon: 'check', label: t('order.invoice_sent_to'), value: one.sent_to });
  return { id: one.id, state: one.status_label, facts, file: one.file, sendable: one.may_send, undelivered: one.undelivered };
}

Page({
  behaviors: [screen],
  data: {
    w: section('order'), loading: t('app.loading'), id: '', read: false, cards: [] as ReturnType<typeof cardOf>[],
    email: '', wrong: '', note: '', problem: '', busy: false,
  },
  onLoad({ id = '' }: { id?: string }) {
    this.setData({ id });
  },
  onShow() {
    void this.load();
  },
  async load() {
    try {
      const invoices = await get(`/api/orders/${this.data.id}/invoices` as '/api/orders/{id}/invoices');
      this.setData({ cards: invoices.map(cardOf), read: true, problem: '' });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  onEmail(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    this.setData({ email: e.detail.value, wrong: '' });
  },
  async open(e: WechatMiniprogram.CustomEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    this.setData({ busy: true, problem: '' });
    try {
      const filePath = await download(`/api/invoices/${id}/file`);
      await wx.openDocument({ filePath, fileType: 'pdf', showMenu: true });
    } catch {
      this.setData({ problem: t('order.invoice_unread') });
    } finally {
      this.setData({ busy: false });
    }
  },
  async send(e: WechatMiniprogram.CustomEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    this.setData({ busy: true, problem: '', note: '', wrong: '' });
    try {
      await post(`/api/invoices/${id}/send` as '/api/invoices/{id}/send', { email: this.data.email });
      this.setData({ note: t('order.invoice_sending') });
      await this.load();
    } catch (error) {
      this.setData({ wrong: wordsOf(error) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
