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

/** An SM3 computation under way. `clone` lets a common beginning be hashed once. */
export class Sm3 {
  private readonly state: Int32Array
  private readonly pending = new Uint8Array(BLOCK)
  private readonly words = new Int32Array(68)
  private total = 0

  constructor() {
    this.state = Int32Array.from(START)
  }

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
    const bits = this.total * 8
    const padding = new Uint8Array(((this.total + 8) >> 6 << 6) + BLOCK - this.total)
    padding[0] = 0x80
    const view = new DataView(padding.buffer)
    view.setUint32(padding.length - 8, Math.floor(bits / 0x100000000))
    view.setUint32(padding.length - 4, bits >>> 0)
    this.update(padding)
    const out = new DataView(new ArrayBuffer(32))
    this.state.forEach((word, i) => out.setInt32(4 * i, word))
    return new Uint8Array(out.buffer)
  }

  /** A copy that goes its own way. */
  clone(): Sm3 {
    const copy = new Sm3()
    copy.state.set(this.state)
    copy.pending.set(this.pending)
    copy.total = this.total
    return copy
  }

  /** Forgets everything that was added. */
  wipe(): void {
    this.state.fill(0)
    this.pending.fill(0)
    this.words.fill(0)
  }

  private compress(): void {
    this.expand()
    const w = this.words
    const v = this.state
    let a = v[0]!, b = v[1]!, c = v[2]!, d = v[3]!, e = v[4]!, f = v[5]!, g = v[6]!, h = v[7]!
    for (let j = 0; j < 64; j++) {
      const a12 = rotate(a, 12)
      const ss1 = rotate((a12 + e + ROUND_CONSTANTS[j]!) | 0, 7)
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g)
      const tt1 = (ff + d + (ss1 ^ a12) + (w[j]! ^ w[j + 4]!)) | 0
      const tt2 = (gg + h + ss1 + w[j]!) | 0
      d = c
      c = rotate(b, 9)
      b = a
      a = tt1
      h = g
      g = rotate(f, 19)
      f = e
      e = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17)
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

  private expand(): void {
    const w = this.words
    const m = this.pending
    for (let i = 0; i < 16; i++) w[i] = (m[4 * i]! << 24) | (m[4 * i + 1]! << 16) | (m[4 * i + 2]! << 8) | m[4 * i + 3]!
    for (let j = 16; j < 68; j++) {
      const x = w[j - 16]! ^ w[j - 9]! ^ rotate(w[j - 3]!, 15)
      w[j] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13]!, 7) ^ w[j - 6]!
    }
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

  constructor(key: Uint8Array) {
    const padded = concat(key.length > BLOCK ? sm3(key) : key, new Uint8Array(BLOCK)).subarray(0, BLOCK)
    this.inner.update(padded.map((byte) => byte ^ 0x36))
    this.outer.update(padded.map((byte) => byte ^ 0x5c))
    padded.fill(0)
  }

  /** The code of a message, given in parts. */
  of(...parts: Uint8Array[]): Uint8Array {
    const inner = this.inner.clone()
    for (const part of parts) inner.update(part)
    return this.outer.clone().update(inner.digest()).digest()
  }

  /** Forgets the key. */
  wipe(): void {
    this.inner.wipe()
    this.outer.wipe()
  }
}
