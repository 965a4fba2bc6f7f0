// Pure parts of the app: words, tickets, rows of the journey, checks of fields.
import assert from 'node:assert/strict';
import { test } from 'node:test';

Object.assign(globalThis, {
  wx: { getAppBaseInfo: () => ({ language: 'zh_CN', fontSizeScaleFactor: 1 }), getStorageSync: () => '', login: () => ({}) },
  Page() {},
  Component() {},
  Behavior: (x: unknown) => x,
});

const { catalogue, section, setLanguage, t } = await import('../../app/words.ts');
const { ticketFrom } = await import('../../app/ticket.ts');
const { currentStep, rowsOf } = await import('../../app/components/step-list/step-list.ts');
const { check } = await import('../../app/pages/sign-in/sign-in.ts');
const { problemFrom } = await import('../../app/api/call.ts');
const { purposeWords } = await import('../../app/pages/handoff/handoff.ts');

test('b16_every word is there in both languages, with the same blanks, and none is empty', () => {
  const { zh, en } = catalogue;
  assert.deepEqual(Object.keys(en).sort(), Object.keys(zh).sort());
  for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
    const blanks = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();
    assert.ok(zh[key].trim() && en[key].trim(), key);
    assert.deepEqual(blanks(en[key]), blanks(zh[key]), key);
    assert.doesNotMatch(en[key], /[\u4e00-\u9fff]/, key);
  }
});

test('words are filled in and follow the language', () => {
  assert.equal(t('home.progress', { done: 2, total: 5 }), '已完成 2 / 5 步');
  setLanguage('en');
  assert.equal(section('state').done, 'Done');
  setLanguage('zh');
});

test('m14_the ticket is found in a link, in a scene, and nowhere else', () => {
  const ticket = 'AbCdEfGhIjKlMnOpQrStUv';
  assert.equal(ticketFrom({ q: encodeURIComponent(`https://m.example.cn/q/?t=${ticket}`) }), ticket);
  assert.equal(ticketFrom({ q: encodeURIComponent(`https://m.example.cn/q/${ticket}`) }), ticket);
  assert.equal(ticketFrom({ scene: encodeURIComponent(ticket) }), ticket);
  for (const bad of [{}, { q: '' }, { scene: 'short' }, { q: encodeURIComponent('https://m.example.cn/') }, { scene: `${ticket}<script>` }]) {
    assert.equal(ticketFrom(bad), '');
  }
});

test('the current step is the first a person can act on', () => {
  const steps = [
    { step: 'person', label: '个人实名认证', state: 'done' },
    { step: 'company', label: '企业实名认证', state: 'under_review' },
    { step: 'order', label: '服务购买', state: 'open' },
  ] as const;
  assert.equal(currentStep([...steps])?.step, 'order');
  assert.equal(currentStep([...steps].slice(0, 2))?.step, 'company');
  assert.equal(currentStep([]), undefined);
  assert.match(rowsOf([{ step: 'company', label: '企业实名认证', state: 'returned', reason: '照片反光' }])[0]!.label, /企业实名认证，需更正，照片反光/);
});

test('m12_fields of the binding form are checked before asking the server', () => {
  assert.deepEqual(check({ account: 'rongcheng01', mobile: '19900000001', password: 'x' }), {});
  assert.deepEqual(Object.keys(check({ account: 'a b', mobile: '+8619900000001', password: '' })).sort(), ['account', 'mobile', 'password']);
});

test('an error is told in the server’s words, else in ours', () => {
  assert.equal(problemFrom(422, { detail: '手机号不对', field: 'mobile' }).message, '手机号不对');
  assert.equal(problemFrom(422, { detail: '手机号不对', field: 'mobile' }).field, 'mobile');
  assert.equal(problemFrom(502, '<html>').message, '服务暂时繁忙，请稍后再试。');
  assert.equal(problemFrom(0, null).message, '网络没有连上，请检查网络后重试。');
});

test('an unknown purpose is said in general words', () => {
  assert.equal(purposeWords('person'), '个人实名认证');
  assert.equal(purposeWords('constructor'), '在手机上继续办理');
});
