// 企业实名认证 on the phone: which page comes next, from what the server says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompanyState } from '../../app/packages/company/resume.ts';

Object.assign(globalThis, {
  wx: { getAppBaseInfo: () => ({ language: 'zh_CN', fontSizeScaleFactor: 1 }), getStorageSync: () => '' },
  Page() {},
  Component() {},
  Behavior: (x: unknown) => x,
});

const { findingOf, firstToFix, nextPage, pageOf, papersOf, progressOf, stageOf } = await import('../../app/packages/company/resume.ts');
const { firstPaper } = await import('../../app/packages/company/pages/papers/papers.ts');
const { frameOf } = await import('../../app/components/finding-note/finding-note.ts');
const { stageOf: stageOfInvitation, isSame } = await import('../../app/packages/company/pages/invitation/invitation.ts');
const { shownOf } = await import('../../app/packages/company/pages/invite/invite.ts');
const { rowsOf, waysOf } = await import('../../app/packages/company/pages/step/step.ts');
const { answersOf } = await import('../../app/packages/company/pages/answers/answers.ts');

const paper = (kind: string, done = true, more = {}) => ({
  kind, label: kind, hint: '', open: true, must_fix: false, cut: false, pages: done ? 1 : 0, takes_pdf: false, has_template: false, outdated: false, ...(done ? { uploaded_at: '2026-11-23T00:00:00Z' } : {}), ...more,
});
const field = (name: string, text: string, more = {}) => ({
  optional: false, field: name, label: name, placeholder: '', text, origin: 'typed', open: true, asked: true, must_fix: false, ...more,
});
const company = (more: object): CompanyState => ({
  person_verified: true, status: 'draft', role: 'agent', editable: true, longest_field: 254,
  papers: [paper('business_licence'), paper('power_of_attorney')], fields: [field('name', '瑞成')],
  power_of_attorney: { outdated: false }, ...more,
}) as unknown as CompanyState;

test('m20_the role comes first, and the person before it', () => {
  assert.equal(stageOf(company({ status: undefined, person_verified: false })), 'person_first');
  assert.equal(stageOf(company({ status: undefined })), 'role');
  assert.equal(stageOf(company({ status: 'returned' })), 'form');
  assert.equal(stageOf(company({ status: 'under_review', person_verified: false })), 'under_review');
});

test('m21_the phone opens at what is left to do', () => {
  assert.equal(nextPage(company({ papers: [paper('business_licence', false), paper('power_of_attorney', false)] })), 'papers');
  assert.equal(nextPage(company({ fields: [field('name', '')] })), 'fields');
  assert.equal(nextPage(company({ fields: [field('name', '<', { problem: '请检查' })] })), 'fields');
  assert.equal(nextPage(company({ fields: [field('seal_number', '', { asked: false })] })), 'answers');
  assert.equal(nextPage(company({ power_of_attorney: { outdated: true } })), 'letter');
  assert.equal(nextPage(company({})), 'answers');
});

test('m30_a drawn seal of another name is not done', () => {
  const seal = (more: object) => company({ papers: [paper('representative_seal', true, { has_template: true, source: 'template', ...more })], power_of_attorney: undefined });
  assert.equal(nextPage(seal({ outdated: true })), 'papers');
  assert.equal(nextPage(seal({ outdated: false })), 'answers');
});

test('c4_a returned case opens at the photo that failed', () => {
  const papers = [paper('business_licence', true, { open: false }), paper('company_seal', true, { must_fix: true }), paper('representative_seal')];
  const returned = company({ status: 'returned', papers, power_of_attorney: undefined });
  assert.deepEqual(papersOf(returned).map((p) => p.kind), ['company_seal', 'representative_seal']);
  assert.equal(nextPage(returned), 'papers');
  assert.equal(firstPaper(papersOf(returned), ''), 0);
  assert.equal(firstPaper(papersOf(returned), 'representative_seal'), 1);
  assert.deepEqual(progressOf(returned, 'papers'), { done: 1, total: 2 });
});

test('c4_what was found is shown where it is, and first', () => {
  const mark = { x: 0.5, y: 0.125, width: 0.25, height: 0.5 };
  const found = { item: 'company_seal', label: '企业印模', reason: '不清晰。', fix: '请重拍。', note: '', mark, page: 1 };
  const papers = [paper('business_licence', true, { open: false }), paper('company_seal', true, { must_fix: true })];
  const returned = company({ status: 'returned', papers, returned: { note: '', items: [], findings: [found], at: '' } });
  assert.deepEqual(firstToFix(returned), { page: 'papers', at: 'company_seal' });
  assert.equal(firstToFix({ ...returned, status: 'under_review' }), null);
  assert.equal(findingOf([found], 'company_seal'), found);
  assert.equal(findingOf([found], 'email'), null);
  assert.equal(frameOf(mark), 'left:50%;top:12.5%;width:25%;height:50%');
  assert.equal(frameOf(undefined), '', 'a new photo has no mark');
});

test('m32_a representative has no letter to do', () => {
  const own = company({ role: 'representative', papers: [paper('business_licence')], power_of_attorney: undefined });
  assert.deepEqual(rowsOf(own).map((r) => r.page), ['papers', 'fields']);
});

test('b3_without paper the phone leads to the invitation, and the representative\'s number may wait', () => {
  const papers = [paper('business_licence')];
  const fields = [field('name', '瑞成'), field('representative_id_number', '', { optional: true })];
  const asked = company({ papers, fields, mandate: 'invitation', power_of_attorney: undefined, invitation: { status: 'opened' } });
  assert.equal(nextPage(asked), 'invite');
  assert.equal(pageOf(asked, 'invitation'), 'invite');
  assert.deepEqual(rowsOf(asked).map((r) => [r.page, r.done]), [['papers', true], ['fields', true], ['invite', false]]);
  assert.equal(nextPage(company({ ...asked, invitation: { status: 'confirmed' } })), 'answers');
  assert.equal(waysOf(asked).otherWay, '上传授权委托书');
});

test('b3_what the representative sees follows what the server says', () => {
  const asked = (more: object) => ({ status: 'opened', expired: false, lines: ['一'], hash: '00', company_name: '瑞成', agent_name: '王芳', expires_at: '2026-11-30T00:00:00Z', ...more }) as never;
  assert.equal(stageOfInvitation(asked({ blocked: 'not_verified' })), 'verify');
  assert.equal(stageOfInvitation(asked({ blocked: 'another_name' })), 'blocked');
  assert.equal(stageOfInvitation(asked({})), 'statement');
  assert.equal(stageOfInvitation(asked({ expired: true })), 'over');
  assert.equal(stageOfInvitation(asked({ status: 'void' })), 'over');
  assert.equal(stageOfInvitation(asked({ status: 'confirmed' })), 'confirmed');
  const look = { company_name: '瑞成', agent_masked: '王*', mobile_masked: '199****0002', expires_at: '2026-11-30T00:00:00Z' };
  assert.equal(isSame(asked({}), look), true);
  assert.equal(isSame(asked({}), { ...look, company_name: '云杉' }), false, 'another company is asked about anew');
  assert.equal(isSame(null, look), false);
});

test('b3_the agent sees the code, the card and the message only while it can be opened', () => {
  assert.deepEqual([shownOf(undefined).open, shownOf(undefined).again], [false, false]);
  const open = { status: 'sent', expired: false, sentence: '等待', link: 'http://x/h/i/1', path: '/p?t=1', mobile_masked: '199****0002', messages_left: 5, message_wait: 0, expires_at: '2026-11-30T00:00:00Z' } as never;
  assert.deepEqual([shownOf(open).open, shownOf(open).canSend, shownOf(open).path], [true, true, '/p?t=1']);
  assert.equal(shownOf({ ...(open as object), message_wait: 30 } as never).canSend, false);
  assert.equal(shownOf({ ...(open as object), link: undefined, status: 'declined' } as never).tone, 'bad');
});

test('m33_an error leads to the page of the field it names, and everything is shown before submitting', () => {
  const all = company({});
  assert.equal(pageOf(all, 'power_of_attorney'), 'letter');
  assert.equal(pageOf(all, 'business_licence'), 'papers');
  assert.equal(pageOf(all, 'name'), 'fields');
  assert.equal(pageOf(all, 'agreed'), 'answers');
  assert.deepEqual(answersOf(all).map((a) => a.value), ['已上传', '已上传', '瑞成']);
});
