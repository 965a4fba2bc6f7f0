//! 国密 SM3 digest (GB/T 32905-2016) and HMAC with it.

import { concat } from './bytes'

const BLOCK = 64
const START = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e]

const rotate = (x: number, n: number): number => (x << n) | (x >>> (32 - n))

/** T_j <<< j for each of the 64 rounds. */
const ROUND_CONSTANTS = Int32Array.from({ length: 64 }, (_, j) => {
  const constant = j < 16 ? 0x79cc4519 : 0x7a879d8a
  return j % 32 === 0 ? constant : rotate(constant, j % 32)
})

/** The expanded message; one for all, as nothing here is interrupted. */
const W = new Int32Array(68)

/** An SM3 computation under way. `copyFrom` lets a common beginning be hashed once. */
export class Sm3 {
  private readonly state = Int32Array.from(START)
  private readonly pending = new Uint8Array(BLOCK)
  private total = 0

  /** Adds bytes. */
  update(bytes: Uint8Array): this {
    let taken = 0
    while (taken < bytes.length) {
      const used = this.total % BLOCK
      const part = bytes.subarray(taken, taken + BLOCK - used)
      this.pending.set(part, used)
      taken += part.length
      this.total += part.length
      if (this.total % BLOCK === 0) this.compress()
    }
    return this
  }

  /** The digest of everything added; the computation is of no further use. */
  digest(): Uint8Array {
    const used = this.total % BLOCK
    this.pending[used] = 0x80
    this.pending.fill(0, used + 1)
    if (used >= BLOCK - 8) {
      this.compress()
      this.pending.fill(0)
    }
    const bits = new DataView(this.pending.buffer)
    bits.setUint32(BLOCK - 8, Math.floor(this.total / 0x20000000))
    bits.setUint32(BLOCK - 4, (this.total * 8) >>> 0)
    this.compress()
    const out = new DataView(new ArrayBuffer(32))
    for (let i = 0; i < 8; i++) out.setInt32(4 * i, this.state[i]!)
    return new Uint8Array(out.buffer)
  }

  /** Goes on from where another computation is. */
  copyFrom(other: Sm3): this {
    this.state.set(other.state)
    this.pending.set(other.pending)
    this.total = other.total
    return this
  }

  /** Forgets everything that was added. */
  wipe(): void {
    this.state.fill(0)
    this.pending.fill(0)
    W.fill(0)
  }

  private compress(): void {
    expand(this.pending)
    const v = this.state
    let a = v[0]!, b = v[1]!, c = v[2]!, d = v[3]!, e = v[4]!, f = v[5]!, g = v[6]!, h = v[7]!
    for (let j = 0; j < 64; j++) {
      const a12 = (a << 12) | (a >>> 20)
      const sum = (a12 + e + ROUND_CONSTANTS[j]!) | 0
      const ss1 = (sum << 7) | (sum >>> 25)
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g)
      const tt1 = (ff + d + (ss1 ^ a12) + (W[j]! ^ W[j + 4]!)) | 0
      const tt2 = (gg + h + ss1 + W[j]!) | 0
      d = c
      c = (b << 9) | (b >>> 23)
      b = a
      a = tt1
      h = g
      g = (f << 19) | (f >>> 13)
      f = e
      e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15))
    }
    v[0]! ^= a
    v[1]! ^= b
    v[2]! ^= c
    v[3]! ^= d
    v[4]! ^= e
    v[5]! ^= f
    v[6]! ^= g
    v[7]! ^= h
  }
}

function expand(m: Uint8Array): void {
  for (let i = 0; i < 16; i++) W[i] = (m[4 * i]! << 24) | (m[4 * i + 1]! << 16) | (m[4 * i + 2]! << 8) | m[4 * i + 3]!
  for (let j = 16; j < 68; j++) {
    const x = W[j - 16]! ^ W[j - 9]! ^ rotate(W[j - 3]!, 15)
    W[j] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(W[j - 13]!, 7) ^ W[j - 6]!
  }
}

/** SM3 over the parts, one after the other. */
export function sm3(...parts: Uint8Array[]): Uint8Array {
  const digest = new Sm3()
  for (const part of parts) digest.update(part)
  return digest.digest()
}

/** HMAC-SM3 (RFC 2104) under one key, for many messages. */
export class HmacSm3 {
  private readonly inner = new Sm3()
  private readonly outer = new Sm3()
  private readonly work = new Sm3()

  constructor(key: Uint8Array) {
    const padded = concat(key.length > BLOCK ? sm3(key) : key, new Uint8Array(BLOCK)).subarray(0, BLOCK)
    this.inner.update(padded.map((byte) => byte ^ 0x36))
    this.outer.update(padded.map((byte) => byte ^ 0x5c))
    padded.fill(0)
  }

  /** The code of a message, given in parts. */
  of(...parts: Uint8Array[]): Uint8Array {
    this.work.copyFrom(this.inner)
    for (const part of parts) this.work.update(part)
    const inside = this.work.digest()
    return this.work.copyFrom(this.outer).update(inside).digest()
  }

  /** Forgets the key. */
  wipe(): void {
    this.inner.wipe()
    this.outer.wipe()
    this.work.wipe()
  }
}
