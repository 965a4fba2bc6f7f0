// WeChat Pay's sheet: who is paid, how much, and pay, cancel or fail.
import { h } from '../dom.ts';
import { sheet } from './dialogs.ts';

export interface Bill {
  payee: string;
  description: string;
  /** in fen */
  total: number;
}

export type PayAction = 'pay' | 'cancel' | 'fail';

export function paymentSheet(bill: Bill): Promise<PayAction> {
  return sheet<PayAction>('微信支付', 'cancel', (close) => [
    h('button', { className: 'close', 'aria-label': '关闭', onclick: () => close('cancel') }),
    h('p', { className: 'payee' }, bill.payee),
    h('p', { className: 'amount' }, `¥${(bill.total / 100).toFixed(2)}`),
    h('p', { className: 'hint' }, bill.description),
    h('p', { className: 'method' }, h('span', {}, '支付方式'), h('span', {}, '零钱')),
    h('button', { className: 'yes wide', onclick: () => close('pay') }, '确认支付'),
    h('button', { className: 'row faint', onclick: () => close('fail') }, '余额不足（支付失败）'),
  ]);
}
