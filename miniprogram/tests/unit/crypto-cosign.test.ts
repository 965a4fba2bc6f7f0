//! The phone's half of two-party SM2: the same bytes as in the vectors that the server is tested with, whole signatures with
//! a server played here, and a server that cheats.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import vectors from '../../../tests/fixtures/vectors/two-party-sm2.json'
import { ascii, fromHex, to32Bytes, toBigInt, toHex } from '../../app/crypto/bytes'
import { CosignRefused, HolderKey, Keygen, provePin, Signing } from '../../app/crypto/cosign'
import { hide, reveal } from '../../app/crypto/pin'
import { drawScalar, type Random } from '../../app/crypto/random'
import { decodePoint, encodePoint, G, invert, messageDigest, mod, N, xModN } from '../../app/crypto/sm2'
import { check, context, hash, prove } from '../../app/crypto/transcript'

const random: Random = async (length) => webcrypto.getRandomValues(new Uint8Array(length))

/** Exactly these values, in order. */
function scripted(...values: string[]): Random {
  return async (length) => fromHex(values.shift() ?? assert.fail('more randomness than the vector has'), length)
}

const { journey, reference } = vectors
const { keygen, signing } = journey
const opened = { p2: keygen.P2, proof: keygen.proof2, blinder: keygen.rho2, public_key: keygen.P }
const answered = { q: signing.Q, proof: signing.proof }

const beginKeygen = (): Promise<Keygen> => Keygen.start(journey.kid, keygen.com2, scripted(...keygen.phone_random))
const journeyKey = (): HolderKey => new HolderKey(journey.kid, keygen.P, toBigInt(fromHex(keygen.d1)))
const beginSigning = (): Promise<Signing> => Signing.start(journeyKey(), signing.sid, signing.tbs, scripted(...signing.phone_random))

test('c3_reference_vector', async () => {
  const key = new HolderKey(reference.kid, reference.P, toBigInt(fromHex(reference.d1)))
  assert.equal(toHex(encodePoint(G.multiply(invert(key.half())))), reference.P1)
  assert.equal(toHex(messageDigest(fromHex(reference.P), ascii(reference.tbs))), reference.e)
  const session = await Signing.start(key, reference.sid, toHex(ascii(reference.tbs)), scripted(reference.k, reference.rho))
  assert.equal(session.commitment, reference.com1)
  const opening = session.finish({ q: reference.Q, proof: reference.proof })
  assert.deepEqual(opening, { k: reference.K, blinder: reference.rho, share: reference.s1 })
})

test('c3_journey_from_key_to_signed_request_as_the_server_saw_it', async () => {
  const making = await beginKeygen()
  assert.deepEqual(making.message, { p1: keygen.P1, proof: keygen.proof1 })
  const key = making.finish(opened)
  assert.equal(key.publicKey, keygen.P)

  const session = await Signing.start(key, signing.sid, signing.tbs, scripted(...signing.phone_random))
  assert.equal(session.commitment, signing.com1)
  assert.deepEqual(session.finish(answered), { k: signing.K, blinder: signing.rho, share: signing.s1 })

  const { challenge, phone_random, proof } = journey.pin_check
  assert.equal(await provePin(key, challenge, scripted(...phone_random)), proof)
})

/** Another valid hexadecimal text of the same length, with one bit changed. */
function flipped(text: string, bit: number): string {
  const bytes = fromHex(text)
  bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7)
  return toHex(bytes)
}

test('c3_any_changed_opening_of_key_generation_is_refused', async () => {
  for (const part of ['p2', 'proof', 'blinder', 'public_key'] as const) {
    for (const bit of [0, 9, 77, 200, 255, 300, 511]) {
      const making = await beginKeygen()
      assert.throws(() => making.finish({ ...opened, [part]: flipped(opened[part], bit) }), CosignRefused)
      assert.throws(() => making.finish(opened), CosignRefused, 'one commitment, one opening')
    }
  }
  const elsewhere = await Keygen.start('00'.repeat(16), keygen.com2, scripted(...keygen.phone_random))
  assert.throws(() => elsewhere.finish(opened), CosignRefused, 'another key id')
})

test('c3_any_changed_answer_is_refused_and_ends_the_session', async () => {
  const malformed = ['', '00', 'not hexadecimal', '00'.repeat(65), '04' + 'ff'.repeat(64), toHex(to32Bytes(N)).repeat(2)]
  for (const part of ['q', 'proof'] as const) {
    for (const bad of [...malformed, ...[1, 40, 300, 500].map((bit) => flipped(answered[part], bit))]) {
      const session = await beginSigning()
      assert.throws(() => session.finish({ ...answered, [part]: bad }), CosignRefused)
      assert.throws(() => session.finish(answered), CosignRefused, 'the nonce is gone, also after a refusal')
    }
  }
})

test('c3_attack_b_the_phone_answers_once', async () => {
  const session = await beginSigning()
  session.finish(answered)
  assert.throws(() => session.finish(answered), CosignRefused)
  assert.doesNotMatch(JSON.stringify(session, (_, value) => (typeof value === 'bigint' ? value.toString(16) : value)), new RegExp(signing.phone_random[0]!))
})

test('c3_attack_c_an_answer_for_other_bytes_session_or_key_is_refused', async () => {
  const otherKey = new HolderKey('00'.repeat(16), keygen.P, toBigInt(fromHex(keygen.d1)))
  const sessions = [
    Signing.start(journeyKey(), signing.sid, flipped(signing.tbs, 800), scripted(...signing.phone_random)),
    Signing.start(journeyKey(), flipped(signing.sid, 3), signing.tbs, scripted(...signing.phone_random)),
    Signing.start(otherKey, signing.sid, signing.tbs, scripted(...signing.phone_random)),
  ]
  for (const session of sessions) {
    const begun = await session
    assert.throws(() => begun.finish(answered), CosignRefused)
  }
})

/** The server's half, played by the test: what the product has in Rust. */
class Server {
  readonly kid = '5a'.repeat(16)
  readonly kidBytes = fromHex(this.kid)
  private constructor(readonly d2: bigint, readonly p2: Uint8Array, readonly proof: Uint8Array, readonly blinder: Uint8Array) {}

  static async start(): Promise<Server> {
    const d2 = await drawScalar(random)
    const p2 = encodePoint(G.multiply(invert(d2)))
    const proof = await prove(context('kg-s', fromHex('5a'.repeat(16))), invert(d2), p2, random)
    return new Server(d2, p2, proof, await random(32))
  }

  commitment(): string {
    return toHex(hash('cosign/kg-com', this.kidBytes, this.p2, this.proof.subarray(0, 32), this.proof.subarray(32), this.blinder))
  }

  finish({ p1, proof }: { p1: string; proof: string }) {
    assert.ok(check(context('kg-c', this.kidBytes, fromHex(this.commitment())), fromHex(p1), fromHex(proof)))
    const joint = decodePoint(fromHex(p1)).multiply(invert(this.d2)).subtract(G)
    return { p2: toHex(this.p2), proof: toHex(this.proof), blinder: toHex(this.blinder), public_key: toHex(encodePoint(joint)) }
  }

  /** Signs with the phone; whether (r, s) verifies under the public key, as the server finds out about a wrong PIN. */
  async sign(key: HolderKey, publicKey: string, p1: string, tbs: Uint8Array): Promise<boolean> {
    const sid = toHex(await random(16))
    const session = await Signing.start(key, sid, toHex(tbs), random)
    const e = messageDigest(fromHex(publicKey), tbs)
    const w = await drawScalar(random)
    const q = encodePoint(G.multiply(w))
    const proof = await prove(context('sg-s', fromHex(sid), this.kidBytes, fromHex(session.commitment), e), w, q, random)
    const { k, blinder, share } = session.finish({ q: toHex(q), proof: toHex(proof) })
    assert.equal(toHex(hash('cosign/sg-com', fromHex(sid), this.kidBytes, e, fromHex(k), fromHex(blinder))), session.commitment)
    const r = mod(toBigInt(e) + xModN(decodePoint(fromHex(k)).add(decodePoint(fromHex(p1)).multiply(w))))
    const s = mod(this.d2 * (toBigInt(fromHex(share)) + w) - r)
    const found = G.mulAddUnsafe(s, decodePoint(fromHex(publicKey)), mod(r + s))
    return mod(toBigInt(e) + xModN(found)) === r
  }
}

test('c3_fresh_keys_sign_with_the_right_pin_only', async () => {
  const server = await Server.start()
  const making = await Keygen.start(server.kid, server.commitment(), random)
  const opening = server.finish(making.message)
  const key = making.finish(opening)
  const pepper = toHex(await random(32))
  const stored = await hide(key, '271828', pepper, random)
  const signs = (pin: string, tbs: string) =>
    server.sign(reveal(stored, pin, pepper), opening.public_key, making.message.p1, ascii(tbs))
  assert.equal(await signs('271828', 'tender 1'), true)
  assert.equal(await signs('271827', 'tender 2'), false)
  assert.equal(await signs('271828', 'tender 3'), true)
})

test('c3_phone_refuses_a_public_key_that_the_server_made_alone', async () => {
  const server = await Server.start()
  const making = await Keygen.start(server.kid, server.commitment(), random)
  const opening = server.finish(making.message)
  const own = toHex(encodePoint(G.multiply(12345n)))
  assert.throws(() => making.finish({ ...opening, public_key: own }), CosignRefused)
})
