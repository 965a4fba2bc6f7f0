//! 协议摘要与知识证明: how protocol messages enter hashes, and proofs of knowledge over them; the same as on the server.

import { ascii, be32, concat, to32Bytes, toBigInt } from './bytes'
import { drawScalar, type Random } from './random'
import { decodePoint, decodeScalar, encodePoint, G, mod, N } from './sm2'
import { Sm3 } from './sm3'

/** H(tag, parts…) = SM3(be32(len tag) ‖ tag ‖ be32(len p1) ‖ p1 ‖ …). */
export function hash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  const digest = new Sm3()
  for (const part of [ascii(tag), ...parts]) digest.update(be32(part.length)).update(part)
  return digest.digest()
}

/** What a proof is bound to; `step` says where in the protocol. */
export function context(step: string, ...parts: Uint8Array[]): Uint8Array {
  return hash('cosign/ctx', ascii(step), ...parts)
}

/** Proves knowledge of x for X = x·G: c ‖ z, 64 bytes. */
export async function prove(bound: Uint8Array, x: bigint, point: Uint8Array, random: Random): Promise<Uint8Array> {
  for (;;) {
    const a = await drawScalar(random)
    const c = challenge(bound, point, encodePoint(G.multiply(a)))
    const z = mod(a + c * x)
    if (c !== 0n && z !== 0n) return concat(to32Bytes(c), to32Bytes(z))
  }
}

/** Checks a proof: A' = z·G − c·X is not infinity, and gives the same c. Malformed proofs and points throw. */
export function check(bound: Uint8Array, point: Uint8Array, proof: Uint8Array): boolean {
  const c = decodeScalar(proof.subarray(0, 32))
  const z = decodeScalar(proof.subarray(32))
  const a = G.mulAddUnsafe(z, decodePoint(point), N - c)
  return !a.is0() && challenge(bound, point, encodePoint(a)) === c
}

function challenge(bound: Uint8Array, point: Uint8Array, a: Uint8Array): bigint {
  return mod(toBigInt(hash('cosign/pok', bound, point, a)))
}
