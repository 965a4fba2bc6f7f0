//! PBKDF2 (RFC 8018 §5.2) with HMAC-SM3.

import { be32 } from './bytes'
import { HmacSm3 } from './sm3'

/** Derives `length` bytes from a password. Ten thousand rounds take about a tenth of a second on a desktop. */
export function pbkdf2Sm3(password: Uint8Array, salt: Uint8Array, rounds: number, length: number): Uint8Array {
  const hmac = new HmacSm3(password)
  const derived = new Uint8Array(length)
  for (let block = 0; 32 * block < length; block++) {
    let u = hmac.of(salt, be32(block + 1))
    const t = u.slice()
    for (let round = 1; round < rounds; round++) {
      u = hmac.of(u)
      for (let i = 0; i < 32; i++) t[i]! ^= u[i]!
    }
    derived.set(t.subarray(0, Math.min(32, length - 32 * block)), 32 * block)
    t.fill(0)
  }
  hmac.wipe()
  return derived
}
