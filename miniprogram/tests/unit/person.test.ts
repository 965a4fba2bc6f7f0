// 个人实名认证 on the phone: where to go on, what is shown, the agreements' paragraphs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersonView } from '../../app/packages/person/resume.ts';

Object.assign(globalThis, {
  wx: { getAppBaseInfo: () => ({ language: 'zh_CN', fontSizeScaleFactor: 1 }), getStorageSync: () => '' },
  Page() {},
  Component() {},
  Behavior: (x: unknown) => x,
});

const { pageAgain, pageFor } = await import('../../app/packages/person/resume.ts');
const result = await import('../../app/packages/person/pages/result/result.ts');
const fields = await import('../../app/packages/person/pages/fields/fields.ts');
const face = await import('../../app/packages/person/pages/face/face.ts');
const manual = await import('../../app/packages/person/pages/manual/manual.ts');
const consents = await import('../../app/packages/person/pages/consents/consents.ts');
const { paragraphs } = await import('../../app/packages/person/pages/text/text.ts');

const person = (change: Partial<PersonView>): PersonView => ({
  status: 'draft', photos: { portrait: true, emblem: true }, consent: { face: true, transfer: true, provide_to_ca: true }, checks_left: 5, checks_per_day: 5, routes: ['number_video'], has_statement: false, ...change,
});

test('m15_the phone goes on where the person stopped', () => {
  assert.equal(pageFor(person({ photos: { portrait: true, emblem: false } })), 'photos');
  assert.equal(pageFor(person({})), 'fields');
  assert.equal(pageFor(person({ status: 'confirmed', consent: { face: false, transfer: true, provide_to_ca: true } })), 'consent');
  assert.equal(pageFor(person({ status: 'confirmed' })), 'number');
  assert.equal(pageFor(person({ status: 'recording' })), 'number', 'a number that was shown is gone');
  for (const status of ['checking', 'failed', 'manual_review', 'verified'] as const) assert.equal(pageFor(person({ status })), 'result');
});

test('m18_every verdict says what comes next', () => {
  const failed = { failure: 'speak_clearly' as const, sentence: '没有听清所读的数字', about_the_card: false, findings: [] };
  assert.match(result.shown(person({ status: 'failed', failed })).detail, /没有听清/);
  assert.equal(result.shown(person({ status: 'failed', failed })).action, '重新验证');
  const noneLeft = result.shown(person({ status: 'failed', failed, checks_left: 0 }));
  assert.deepEqual([noneLeft.action, noneLeft.second], ['回到首页', '申请人工审核']);
  const card = person({ status: 'failed', failed: { ...failed, failure: 'refused', about_the_card: true, note: '请补拍' } });
  assert.match(result.shown(card).detail, /请补拍/);
  assert.equal(pageAgain(card), 'fields');
  const emblem = { item: 'emblem', label: '国徽面', reason: '看不清。', fix: '请重拍。', note: '', mark: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 }, page: 1 };
  const photo = person({ status: 'failed', failed: { ...failed, failure: 'refused', about_the_card: true, findings: [emblem] } });
  assert.equal(pageAgain(photo), 'photos', 'the photo that was refused comes first');
  assert.equal(result.shown(photo).action, '重新拍摄');
  assert.equal(pageAgain(person({ status: 'failed', failed, consent: { face: false, transfer: true, provide_to_ca: true } })), 'consent');
  assert.equal(result.shown(person({ status: 'verified' })).title, '已完成个人实名认证！');
  assert.equal(result.shown(person({ status: 'checking' })).icon, 'loading');
});

test('m15_fields show what was read, and nothing when nothing was', () => {
  assert.equal(fields.shown(person({})).name, '');
  const read = { name: '王芳', resident_id: '350199198808080028', sex: '女', born: '1988-08-08', address: '福建省', long_term: true, confirmed: false, corrected: [] };
  assert.deepEqual([fields.shown(person({ fields: read })).sexAndBirth, fields.shown(person({ fields: read })).valid_until], ['女 · 1988-08-08 出生', '']);
});

test('m16_agreements are shown paragraph by paragraph', () => {
  assert.deepEqual(paragraphs('甲\n\n## 乙\n\n- 丙\n').map((p) => `${p.kind}:${p.text}`), ['text:甲', 'heading:乙', 'item:丙']);
});

test('b4_the phone offers what the server offers, and nothing stands in for another', () => {
  const both = person({ status: 'confirmed', routes: ['wechat', 'number_video'] });
  assert.equal(pageFor(both), 'face');
  assert.deepEqual(face.waysOf(both).map((way) => way.route), ['wechat', 'number_video']);
  assert.equal(pageFor(person({ status: 'confirmed', routes: [] })), 'face', 'only the way without a face is left');
  const left = person({ status: 'recording', routes: ['eid'], check: { id: '7', route: 'eid', expires_at: '2026-11-23T00:10:00Z' } });
  assert.deepEqual([pageFor(left), face.begunOf(left)], ['face', '7'], 'killed while the other page was open');
  assert.equal(pageFor(person({ status: 'confirmed', consent: { face: true, transfer: false, provide_to_ca: true } })), 'consent');
});

test('b4_a call back is said in Beijing time, wherever the phone is', () => {
  assert.equal(manual.slotWords({ from: '2026-11-24T01:00:00Z', until: '2026-11-24T04:00:00Z' }), '11月24日 周二 09:00–12:00');
  const call = { from: '2026-11-24T01:00:00Z', until: '2026-11-24T04:00:00Z' };
  assert.match(manual.callWords(person({ status: 'manual_review', call })), /已预约：11月24日/);
  assert.match(manual.callWords(person({ status: 'manual_review', call: { outcome: 'not_reached' } })), /再次拨打/);
  assert.equal(manual.callWords(person({ status: 'failed' })), '');
});

test('b4_each consent says by itself whether it stands', () => {
  const rows = consents.rowsOf([
    { id: 'face', title: '甲', stands: true, given_at: '2026-11-23T00:00:00Z' },
    { id: 'face-transfer', title: '乙', stands: false, given_at: '2026-11-23T00:00:00Z', withdrawn_at: '2026-11-24T00:00:00Z' },
    { id: 'provide-to-ca', title: '丙', stands: false },
    { id: 'provide-to-ca', title: '丙', stands: true, given_at: '2026-11-23T00:00:00Z', follows: '证书将立即吊销' },
  ]);
  assert.deepEqual(rows.map((row) => row.state), ['已同意（2026-11-23）', '已撤回（2026-11-24）', '未同意', '已同意（2026-11-23）']);
  assert.deepEqual(rows.map((row) => row.follows), ['', '', '', '证书将立即吊销'], 'what follows is said before');
});
