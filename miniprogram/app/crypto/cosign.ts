//! 两方协同签名, the phone's half: key generation, signing and the proof of the PIN. Every message is hexadecimal text.
//!
//! The phone holds d1, the server d2; `(1+d)^-1 = d1·d2` and nobody ever holds d. The phone computes e itself from the bytes
//! to be signed, checks all that the server sends, and answers each commitment once. JavaScript cannot overwrite a BigInt,
//! so secrets are dropped at once and kept nowhere else.

import { equal, fromHex, to32Bytes, toBigInt, toHex } from './bytes'
import { drawScalar, type Random, wxRandom } from './random'
import { decodePoint, decodeScalar, encodePoint, G, invert, messageDigest, mod, xModN } from './sm2'
import { check, context, hash, prove } from './transcript'

/** The server's message is not what the protocol allows, or a value was to be used twice. Nothing was sent. */
export class CosignRefused extends Error {
  constructor() {
    super('refused')
    this.name = 'CosignRefused'
  }
}

/** The phone's first message when a key is made. */
export interface KeygenMessage {
  p1: string
  proof: string
}

/** What the server opens at the end of key generation. */
export interface KeygenOpening {
  p2: string
  proof: string
  blinder: string
  public_key: string
}

/** The server's answer to the commitment to a signature. */
export interface SignAnswer {
  q: string
  proof: string
}

/** The phone's last message of a signature. */
export interface SignOpening {
  k: string
  blinder: string
  share: string
}

/** The phone's half of a key, unlocked. Kept only while it is used; never in storage, logs or page data. */
export class HolderKey {
  private d1: bigint | undefined

  constructor(readonly kid: string, readonly publicKey: string, d1: bigint) {
    this.d1 = decodeScalar(to32Bytes(d1))
  }

  /** The half itself, for the PIN's blob and for signing. */
  half(): bigint {
    if (this.d1 === undefined) throw new CosignRefused()
    return this.d1
  }

  /** Drops the half. */
  forget(): void {
    this.d1 = undefined
  }

  /** Keeps the half out of JSON, and so out of logs and page data. */
  toJSON(): object {
    return { kid: this.kid, public_key: this.publicKey }
  }
}

/** A key being made. */
export class Keygen {
  private constructor(
    private readonly kid: string,
    private readonly commitment: Uint8Array,
    private d1: bigint | undefined,
    /** What is sent to the server. */
    readonly message: KeygenMessage,
  ) {}

  /** Step 2: draws d1 after the server's commitment, and proves knowledge of its inverse. */
  static async start(kid: string, commitment: string, random: Random = wxRandom): Promise<Keygen> {
    const com2 = fromHex(commitment, 32)
    const bound = context('kg-c', fromHex(kid, 16), com2)
    const d1 = await drawScalar(random)
    const x1 = invert(d1)
    const p1 = encodePoint(G.multiply(x1))
    const proof = await prove(bound, x1, p1, random)
    return new Keygen(kid.toLowerCase(), com2, d1, { p1: toHex(p1), proof: toHex(proof) })
  }

  /** Step 4: checks what the server opens, and that the joint key is the one both halves give. P2 is not kept. */
  finish(opening: KeygenOpening): HolderKey {
    const d1 = this.d1
    this.d1 = undefined
    return refusing(() => {
      if (d1 === undefined) throw new CosignRefused()
      const kid = fromHex(this.kid, 16)
      const p2 = fromHex(opening.p2, 65)
      const proof = fromHex(opening.proof, 64)
      const blinder = fromHex(opening.blinder, 32)
      const committed = hash('cosign/kg-com', kid, p2, proof.subarray(0, 32), proof.subarray(32), blinder)
      if (!equal(committed, this.commitment) || !check(context('kg-s', kid), p2, proof)) throw new CosignRefused()
      const joint = encodePoint(decodePoint(p2).multiply(invert(d1)).subtract(G))
      if (!equal(joint, fromHex(opening.public_key, 65))) throw new CosignRefused()
      return new HolderKey(this.kid, toHex(joint), d1)
    })
  }
}

/** A signature being made. The bytes to be signed are given in full; a digest is never accepted. */
export class Signing {
  private constructor(
    private key: HolderKey | undefined,
    private readonly sid: Uint8Array,
    private readonly e: Uint8Array,
    private k: bigint | undefined,
    private readonly kPoint: Uint8Array,
    private readonly blinder: Uint8Array,
    /** What is sent to the server: the commitment. */
    readonly commitment: string,
  ) {}

  /** Step 1: computes e from the bytes to be signed (hexadecimal), draws k and commits to it. */
  static async start(key: HolderKey, sid: string, tbs: string, random: Random = wxRandom): Promise<Signing> {
    const session = fromHex(sid, 16)
    const e = messageDigest(fromHex(key.publicKey, 65), fromHex(tbs))
    const k = await drawScalar(random)
    const kPoint = encodePoint(G.multiply(k))
    const blinder = await random(32)
    const commitment = hash('cosign/sg-com', session, fromHex(key.kid, 16), e, kPoint, blinder)
    return new Signing(key, session, e, k, kPoint, blinder, toHex(commitment))
  }

  /**
   * Step 3: checks the server's answer and gives the share. Works once: k is dropped before the share exists outside, also
   * when the answer is refused, because two answers under one k give d1 away.
   */
  finish(answer: SignAnswer): SignOpening {
    const { k, key } = this
    this.k = undefined
    this.key = undefined
    return refusing(() => {
      if (k === undefined || key === undefined) throw new CosignRefused()
      const q = fromHex(answer.q, 65)
      const bound = context('sg-s', this.sid, fromHex(key.kid, 16), fromHex(this.commitment, 32), this.e)
      if (!check(bound, q, fromHex(answer.proof, 64))) throw new CosignRefused()
      const d1 = key.half()
      const nonce = decodePoint(this.kPoint).add(decodePoint(q).multiply(invert(d1)))
      if (nonce.is0()) throw new CosignRefused()
      const r = mod(toBigInt(this.e) + xModN(nonce))
      const share = mod(d1 * (r + k))
      if (r === 0n || share === 0n) throw new CosignRefused()
      return { k: toHex(this.kPoint), blinder: toHex(this.blinder), share: toHex(to32Bytes(share)) }
    })
  }
}

/** Answers the server's challenge to the PIN, before the PIN is changed: a proof of knowledge of d1⁻¹ for P1. */
export async function provePin(key: HolderKey, challenge: string, random: Random = wxRandom): Promise<string> {
  const bound = context('pin', fromHex(key.kid, 16), fromHex(challenge, 32))
  const x1 = invert(key.half())
  return toHex(await prove(bound, x1, encodePoint(G.multiply(x1)), random))
}

/** Whatever goes wrong inside, outside it is one refusal. */
function refusing<T>(step: () => T): T {
  try {
    return step()
  } catch {
    throw new CosignRefused()
  }
}
