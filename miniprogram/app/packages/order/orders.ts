// Orders as people read them, and the pages on which they go on.
import type { Schemas } from '../../api/types';
import type { Fact } from '../../components/fact-list/fact-list';
import { money } from '../../money';
import { t } from '../../words';

export type Order = Schemas['OrderView'];
export type Line = Schemas['OrderLine'];

/** The bill: each line with its sum. */
export const billOf = (lines: Line[]) =>
  lines.map((line) => ({ item: line.item, words: `${line.name} × ${line.quantity}`, sum: money(line.amount) }));

/** What is paid for, before it is paid. */
export const factsOf = (order: Order): Fact[] => [
  { icon: 'order', label: t('order.number'), value: order.number },
  { icon: 'certificate', label: t('order.services'), value: order.services },
  { icon: 'browser', label: t('order.platform'), value: `${order.platform} · ${order.region}` },
  { icon: 'company', label: t('order.buyer_name'), value: order.invoice.buyer_name },
];

/** 对公转账: where to transfer what, and the words beside it. */
export const transferFacts = (to: Schemas['TransferInstructions']): Fact[] => [
  { icon: 'company', label: t('order.transfer_payee'), value: to.payee },
  { icon: 'browser', label: t('order.transfer_bank'), value: to.bank },
  { icon: 'order', label: t('order.transfer_account'), value: to.account },
  { icon: 'certificate', label: t('order.transfer_amount'), value: money(to.amount) },
  { icon: 'check', label: t('order.transfer_code'), value: to.code },
];

export const INVOICE_PAGE = '/packages/order/pages/invoice/invoice';
export const PAY_PAGE = '/packages/order/pages/pay/pay';

/** The page on which an order goes on. */
export const pageOf = (order: Order): string => `${order.status === 'draft' ? INVOICE_PAGE : PAY_PAGE}?id=${order.id}`;
