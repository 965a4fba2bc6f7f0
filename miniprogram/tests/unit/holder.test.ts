// 确认管理员 and 激活证书 on the phone: what is shown, which PINs are taken, and the two-party key against a server played here.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';

const storage = new Map<string, unknown>();
Object.assign(globalThis, {
  wx: {
    getAppBaseInfo: () => ({ language: 'zh_CN', fontSizeScaleFactor: 1 }),
    getStorageSync: (key: string) => storage.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => void storage.set(key, value),
    removeStorageSync: (key: string) => void storage.delete(key),
    getRandomValues: ({ length, success }: { length: number; success: (r: { randomValues: ArrayBuffer }) => void }) =>
      success({ randomValues: webcrypto.getRandomValues(new Uint8Array(length)).buffer }),
    request: (call: Call) => answer(call),
  },
  Page() {},
  Component() {},
  Behavior: (x: unknown) => x,
});

interface Call {
  url: string;
  data?: Record<string, string>;
  success: (r: { statusCode: number; data: unknown }) => void;
}

const { stageOf, wordsFor } = await import('../../app/packages/administrator/stage.ts');
const { check } = await import('../../app/packages/administrator/pages/pin/pin.ts');
const { rowsOf } = await import('../../app/packages/administrator/pages/people/people.ts');
const { makeKey, stored } = await import('../../app/packages/administrator/keys.ts');
const { factsOf, headOf } = await import('../../app/packages/certificate/pages/step/step.ts');
const { ascii, fromHex, to32Bytes, toBigInt, toHex } = await import('../../app/crypto/bytes.ts');
const { decodePoint, encodePoint, G, invert, messageDigest, mod, xModN } = await import('../../app/crypto/sm2.ts');
const { drawScalar } = await import('../../app/crypto/random.ts');
const transcript = await import('../../app/crypto/transcript.ts');

const random = async (length: number) => webcrypto.getRandomValues(new Uint8Array(length));

const kid = '00112233445566778899aabbccddeeff';
const sid = '0f0e0d0c0b0a09080706050403020100';
const tbs = ascii('the request to be signed');
/** The server's half, and what it has seen. */
const server = { d2: 0n, blinder: new Uint8Array(32), p2: new Uint8Array(65), proof: new Uint8Array(64), p1: new Uint8Array(65), p: new Uint8Array(65), w: 0n, com1: '', signed: false };

async function begin() {
  server.d2 = await drawScalar(random);
  const x2 = invert(server.d2);
  server.p2 = encodePoint(G.multiply(x2));
  server.proof = await transcript.prove(transcript.context('kg-s', fromHex(kid)), x2, server.p2, random);
  server.blinder = await random(32);
  const commitment = transcript.hash('cosign/kg-com', fromHex(kid), server.p2, server.proof.subarray(0, 32), server.proof.subarray(32), server.blinder);
  return { kid, commitment: toHex(commitment), pepper: 'ab'.repeat(32), expires_at: '' };
}

function joint({ p1 = '' }: Record<string, string>) {
  server.p1 = fromHex(p1);
  server.p = encodePoint(decodePoint(server.p1).multiply(invert(server.d2)).subtract(G));
  return { p2: toHex(server.p2), proof: toHex(server.proof), blinder: toHex(server.blinder), public_key: toHex(server.p) };
}

async function commit({ commitment = '' }: Record<string, string>) {
  server.com1 = commitment;
  server.w = await drawScalar(random);
  const q = encodePoint(G.multiply(server.w));
  const e = messageDigest(server.p, tbs);
  const bound = transcript.context('sg-s', fromHex(sid), fromHex(kid), fromHex(commitment), e);
  return { q: toHex(q), proof: toHex(await transcript.prove(bound, server.w, q, random)) };
}

function open({ k = '', share = '' }: Record<string, string>) {
  const e = messageDigest(server.p, tbs);
  const nonce = decodePoint(fromHex(k)).add(decodePoint(server.p1).multiply(server.w));
  const r = mod(toBigInt(e) + xModN(nonce));
  const s = mod(server.d2 * (toBigInt(fromHex(share)) + server.w) - r);
  const check = G.multiply(s).add(decodePoint(server.p).multiply(mod(r + s)));
  server.signed = mod(toBigInt(e) + xModN(check)) === r;
  return { done: true };
}

async function answer({ url, data = {}, success }: Call) {
  const path = url.replace(/^https?:\/\/[^/]+/, '');
  const answers: Record<string, () => unknown> = {
    '/api/keys': begin,
    [`/api/keys/${kid}/holder-half`]: () => joint(data),
    [`/api/keys/${kid}/signings`]: () => ({ sid, tbs: toHex(tbs), expires_at: '' }),
    [`/api/keys/${kid}/signings/${sid}/commit`]: () => commit(data),
    [`/api/keys/${kid}/signings/${sid}/open`]: () => open(data),
  };
  const answered = answers[path] ?? assert.fail(path);
  success({ statusCode: 200, data: await answered() });
}

test('c3_the phone makes its half, stores it behind the PIN and proves it with the server', async () => {
  assert.equal(await makeKey('204813'), kid);
  assert.ok(server.signed, 'the joint signature verifies under the joint key');
  const blob = stored(kid);
  assert.ok(blob);
  assert.deepEqual(Object.keys(blob).sort(), ['blob', 'kid', 'public_key', 'rounds', 'salt'], 'nothing that would tell a right PIN');
  const half = invert(server.d2);
  assert.notEqual(blob.blob, toHex(to32Bytes(half)));
});

test('m46_a PIN has six digits, is not simple, and is typed twice', () => {
  assert.deepEqual(check('204813', '204813'), {});
  assert.ok(check('20481', '20481').pin && check('abcdef', 'abcdef').pin);
  for (const simple of ['123456', '000000', '654321', '121212', '123123']) assert.ok(check(simple, simple).pin, simple);
  assert.ok(check('204813', '204814').again);
});

const person = { status: 'named' as const, how: 'other' as const, is_me: false, mobile_masked: '199****0003', since: '2026-11-23T04:05:06Z' };
const seen = {
  duties: '', ask_self: '', paid: true, may_name: true, authorisations_bought: 1, authorisations_given: 0,
  people: [{ member_id: '1', is_me: true, mobile_masked: 'a' }, { member_id: '2', is_me: false, mobile_masked: 'b' }],
};

test('m47_whoever is named sees what to do, others that they wait', () => {
  assert.equal(stageOf({ ...seen, paid: false }), 'locked');
  assert.equal(stageOf(seen), 'choose');
  assert.equal(stageOf({ ...seen, may_name: false }), 'nothing');
  assert.equal(stageOf({ ...seen, named: person }), 'waiting');
  assert.equal(stageOf({ ...seen, named: { ...person, is_me: true } }), 'named_me');
  assert.equal(stageOf({ ...seen, named: { ...person, is_me: true }, blocked: 'not_verified' }), 'blocked');
  assert.equal(stageOf({ ...seen, confirmed: person, named: person }), 'confirmed');
  assert.equal(stageOf({ ...seen, confirmed: person, named: { ...person, is_me: true } }), 'named_me', 'M48: the new one confirms');
  assert.equal(wordsFor({ ...person, name_masked: '陈*' }), '陈* 199****0003');
});

test('m49_only verified people can be authorised', () => {
  assert.deepEqual(rowsOf(seen).map((row) => [row.id, row.verified]), [['2', false]]);
});

test('m51_the card tells holder, serial, period and issuer, and what it is worth', () => {
  const card = {
    holder: '样例（福州）贸易有限公司', code: '91350100M000100Y43', serial: 'ab', issuer: '签发证书', status: 'active' as const, expired: false, pem: '',
    not_before: '2026-11-23T04:05:06Z', not_after: '2027-11-23T04:05:05Z',
  };
  assert.deepEqual(factsOf(card).map((fact) => fact.value), [card.holder, card.code, 'ab', '2026-11-23 – 2027-11-23', '签发证书']);
  assert.deepEqual([headOf(card).tone, headOf({ ...card, expired: true }).tone, headOf({ ...card, status: 'revoked' }).tone], ['good', 'bad', 'bad']);
});
