// 服务购买 on the phone: sums as people read them, what WeChat's sheet ended in, the cards of 订单管理.
import assert from 'node:assert/strict';
import { test } from 'node:test';

Object.assign(globalThis, {
  wx: { getAppBaseInfo: () => ({ language: 'zh_CN', fontSizeScaleFactor: 1 }), getStorageSync: () => '', login: () => ({}) },
  Page() {},
  Component() {},
  Behavior: (x: unknown) => x,
});

const { money } = await import('../../app/money.ts');
const { billOf, factsOf, pageOf, transferFacts } = await import('../../app/packages/order/orders.ts');
const { positionOf } = await import('../../app/packages/order/pages/step/step.ts');
const { sheetEnded } = await import('../../app/packages/order/pages/pay/pay.ts');
const { cardOf: invoiceOf } = await import('../../app/packages/order/pages/invoices/invoices.ts');
const { beijing, cardOf } = await import('../../app/pages/orders/orders.ts');

const order = {
  id: '0198', number: 'RS20261123120512345678', services: '企业手机证书及电子印章，证章授权', platform: '海峡纵横供应链采购服务平台', region: '福建省',
  lines: [
    { item: 'certificate' as const, name: '企业/单位手机证书（含电子印章）', unit_price: 40000, quantity: 1, amount: 40000 },
    { item: 'authorisation' as const, name: '授权使用费', unit_price: 5000, quantity: 2, amount: 10000 },
  ],
  total: 50000, status: 'awaiting_payment' as const, title_locked: true, ask_to_tell: [], status_label: '待付款', actions: ['pay' as const, 'invoice' as const, 'cancel' as const],
  invoice_type: '电子发票', invoice: { buyer_name: '福州样本科技有限公司', email: 'a@example.com', taxpayer_id: '91350100M000100Y43' },
  refund_is_whole: false, refunds: [], may_transfer: true,
  created_at: '2026-11-23T04:05:06Z', expires_at: '2026-11-24T04:05:06Z',
};

test('m40_sums are written out in yuan', () => {
  for (const [fen, text] of [[0, '¥0.00'], [5, '¥0.05'], [45000, '¥450.00'], [290000, '¥2,900.00'], [123456789, '¥1,234,567.89']] as const) {
    assert.equal(money(fen), text);
  }
});

test('m41_the bill names each line with its sum', () => {
  assert.deepEqual(billOf(order.lines).map((line) => `${line.words} ${line.sum}`), ['企业/单位手机证书（含电子印章） × 1 ¥400.00', '授权使用费 × 2 ¥100.00']);
});

test('m42_what the sheet says is the phone’s word only, and a cancelled one is not a failure', () => {
  assert.equal(sheetEnded('requestPayment:ok'), 'paid');
  assert.equal(sheetEnded('requestPayment:fail cancel'), 'cancelled');
  assert.equal(sheetEnded('requestPayment:fail 银行卡余额不足'), 'failed');
  assert.equal(sheetEnded(''), 'failed');
});

test('m42_what is paid for stands before the sheet', () => {
  assert.deepEqual(factsOf(order).map((fact) => fact.value), [order.number, order.services, '海峡纵横供应链采购服务平台 · 福建省', '福州样本科技有限公司']);
});

test('m44_a card has every column, in Beijing time, and goes on where the order stands', () => {
  const card = cardOf(order);
  assert.equal(card.at, '2026-11-23 12:05');
  assert.equal(beijing('2026-12-31T16:00:00Z'), '2027-01-01 00:00');
  assert.deepEqual([card.number, card.sum, card.state, card.payable, card.cancellable, card.refund], [order.number, '¥500.00', '待付款', true, true, false]);
  assert.match(pageOf(order), /pay\/pay\?id=0198$/);
  assert.match(pageOf({ ...order, status: 'draft' }), /invoice\/invoice\?id=0198$/);
});

test('m44_a paid card offers its invoice, its refund and what went back', () => {
  const paid = cardOf({ ...order, status: 'paid', actions: ['see_invoice', 'buy_more', 'refund'], refundable: 10000 });
  assert.deepEqual([paid.back, paid.whole, paid.refund, paid.payable], [10000, false, false, false]);
  assert.deepEqual([paid.invoice, cardOf(order).invoice], [true, false]);
});

test('m42_a transfer says where, how much and which words beside it', () => {
  const to = { payee: '样本公司', bank: '样本银行', account: '62', amount: 45000, code: 'ZZ23456789A', until: '2026-12-01T00:00:00Z' };
  assert.deepEqual(transferFacts(to).map((fact) => fact.value), ['样本公司', '样本银行', '62', '¥450.00', 'ZZ23456789A']);
});

test('m41_an invoice shows what there is of it, and a paid order leads to it', () => {
  const issued = { id: '0199', status: 'issued' as const, status_label: '已开具', amount: 45000, number: '26350000000000000001', day: '2026-11-24', file: true, may_send: true, undelivered: false };
  const card = invoiceOf(issued);
  assert.deepEqual(card.facts.map((fact) => fact.value), ['¥450.00', '26350000000000000001', '2026-11-24']);
  assert.ok(card.file && card.sendable);
  assert.equal(invoiceOf({ ...issued, status: 'asked', number: undefined, day: undefined, file: false, may_send: false }).facts.length, 1);
});

test('m36_the platform one came for is chosen at first', () => {
  assert.equal(positionOf([{ code: 'a' }, { code: 'b' }], 'b'), 1);
  assert.equal(positionOf([{ code: 'a' }], undefined), 0);
});
