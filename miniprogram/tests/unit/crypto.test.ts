//! The phone's cryptography against published values and values of other tools, and against a phone without randomness.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import vectors from '../../../tests/fixtures/vectors/two-party-sm2.json'
import { ascii, fromHex, to32Bytes, toBigInt, toHex } from '../../app/crypto/bytes'
import { HolderKey } from '../../app/crypto/cosign'
import { change, hide, isPin, isTooSimple, reveal } from '../../app/crypto/pin'
import { pbkdf2Sm3 } from '../../app/crypto/pbkdf2'
import { drawScalar, NoSecureRandom, wxRandom } from '../../app/crypto/random'
import { decodePoint, decodeScalar, encodePoint, G, identityDigest, invert, messageDigest, mod, N } from '../../app/crypto/sm2'
import { HmacSm3, Sm3, sm3 } from '../../app/crypto/sm3'
import { hash } from '../../app/crypto/transcript'

const host = globalThis as { wx?: unknown }
afterEach(() => {
  delete host.wx
})

test('b13_sm3_of_the_standard_and_of_openssl', () => {
  for (const { message, digest } of vectors.sm3) assert.equal(toHex(sm3(fromHex(message))), digest)
})

test('b13_sm3_in_pieces_is_sm3_of_the_whole', () => {
  const whole = Uint8Array.from({ length: 500 }, (_, i) => (i * 7) % 256)
  for (let cut = 0; cut <= whole.length; cut += 13) {
    const begun = new Sm3().update(whole.subarray(0, cut))
    const copy = new Sm3().copyFrom(begun)
    assert.equal(toHex(begun.update(whole.subarray(cut)).digest()), toHex(sm3(whole)))
    assert.equal(toHex(copy.update(whole.subarray(cut)).digest()), toHex(sm3(whole)))
  }
})

test('b13_hmac_with_long_keys', () => {
  const key = new Uint8Array(65).fill(1)
  assert.equal(toHex(new HmacSm3(key).of(ascii('m'))), toHex(new HmacSm3(sm3(key)).of(ascii('m'))))
})

test('b13_sm2_identity_and_digest_of_the_standard', () => {
  const d = fromHex('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8')
  const point = encodePoint(G.multiply(decodeScalar(d)))
  assert.equal(
    toHex(point),
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  )
  assert.equal(toHex(identityDigest(point)), 'b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3')
  assert.equal(toHex(messageDigest(point, ascii('message digest'))), 'f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640')
})

test('b13_points_and_scalars_are_parsed_or_refused', () => {
  const good = encodePoint(G.multiply(7n))
  assert.equal(toHex(encodePoint(decodePoint(good))), toHex(good))
  const off = good.slice()
  off[64]! ^= 1
  const bad = [off, G.multiply(7n).toBytes(true), new Uint8Array(65), new Uint8Array(65).fill(4), Uint8Array.of(0), good.subarray(0, 64)]
  for (const bytes of bad) assert.throws(() => decodePoint(bytes), toHex(bytes))
  const n = to32Bytes(N)
  for (const bytes of [n, new Uint8Array(32), new Uint8Array(32).fill(255), n.subarray(1)]) assert.throws(() => decodeScalar(bytes))
  assert.equal(decodeScalar(to32Bytes(N - 1n)), N - 1n)
  for (const value of [1n, 2n, N - 1n, 0x1234n]) assert.equal(mod(invert(value) * value), 1n)
  assert.throws(() => invert(0n))
  for (const text of ['0', 'zz', '0x', ' 00']) assert.throws(() => fromHex(text))
})

test('b13_transcript_hash_as_on_the_server', () => {
  const { tag, parts, hash: expected } = vectors.transcript
  assert.equal(toHex(hash(tag, ...parts.map((part) => fromHex(part)))), expected)
})

test('c3_pin_mask_as_on_the_server_and_in_openssl', () => {
  const { pin, salt, pepper, rounds, derived, d1, blob } = vectors.pin
  assert.equal(toHex(pbkdf2Sm3(ascii(pin), fromHex(salt + pepper), rounds, 48)), derived)
  const stored = { kid: '00'.repeat(16), public_key: '', salt, rounds, blob }
  assert.equal(reveal(stored, pin, pepper).half(), toBigInt(fromHex(d1)))
})

test('c3_pin_blob_opens_with_the_pin_and_shows_nothing_without', async () => {
  const pepper = 'ab'.repeat(32)
  const key = new HolderKey('01'.repeat(16), '04', 0x1234567890abcdefn)
  const stored = await hide(key, '271828', pepper, async (length) => new Uint8Array(length).fill(3))
  assert.deepEqual(Object.keys(stored).sort(), ['blob', 'kid', 'public_key', 'rounds', 'salt'], 'no check value is stored')
  assert.equal(reveal(JSON.parse(JSON.stringify(stored)), '271828', pepper).half(), key.half())
  const wrong = reveal(stored, '271829', pepper)
  assert.notEqual(wrong.half(), key.half())
  assert.notEqual(reveal(stored, '271828', 'ac'.repeat(32)).half(), key.half())
  assert.doesNotMatch(JSON.stringify({ key, stored }), /1234567890abcdef/)

  const changed = change(stored, '271828', '314159', pepper)
  assert.equal(reveal(changed, '314159', pepper).half(), key.half())
  assert.notEqual(reveal(changed, '271828', pepper).half(), key.half())
  key.forget()
  assert.throws(() => key.half())
})

test('c3_pins_are_six_digits_and_not_the_first_a_thief_tries', () => {
  for (const bad of ['', '12345', '1234567', '12345a', '１２３４５６', '123456\n']) assert.equal(isPin(bad), false, bad)
  assert.equal(isPin('271828'), true)
  for (const simple of ['000000', '777777', '123456', '654321', '890123', '121212', '520520']) assert.equal(isTooSimple(simple), true, simple)
  for (const fine of ['271828', '314159', '135791', '902174']) assert.equal(isTooSimple(fine), false, fine)
})

const filled = (length: number): ArrayBuffer => Uint8Array.from({ length }, (_, i) => (i * 37 + 11) % 256).buffer

type Options = { length: number; success: (result: { randomValues: ArrayBuffer }) => void; fail: () => void }

test('c3_randomness_comes_from_wechat', async () => {
  const source = { getRandomValues: ({ length, success }: Options) => success({ randomValues: filled(length) }) }
  host.wx = source
  assert.equal((await wxRandom(32)).length, 32)
  host.wx = { getUserCryptoManager: () => source }
  assert.equal((await wxRandom(48)).length, 48)
})

test('c3_without_secure_randomness_nothing_is_drawn', async () => {
  const failing = { getRandomValues: ({ fail }: Options) => fail() }
  const short = { getRandomValues: ({ success }: Options) => success({ randomValues: filled(31) }) }
  const constant = { getRandomValues: ({ length, success }: Options) => success({ randomValues: new ArrayBuffer(length) }) }
  const original = Math.random
  Math.random = () => assert.fail('Math.random is no source of keys')
  try {
    for (const wx of [undefined, {}, failing, short, constant, { getUserCryptoManager: () => failing }]) {
      host.wx = wx
      await assert.rejects(wxRandom(32), NoSecureRandom)
    }
  } finally {
    Math.random = original
  }
})

test('c3_scalars_outside_the_order_are_drawn_again', async () => {
  const draws = [to32Bytes(N), new Uint8Array(32).fill(255), new Uint8Array(32), to32Bytes(5n)]
  assert.equal(await drawScalar(async () => draws.shift()!), 5n)
  assert.equal(draws.length, 0)
})
