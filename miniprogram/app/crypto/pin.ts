//! PIN 码: what the phone stores instead of its half of the key. There is no check value in it: every PIN opens it to
//! something, only the server can tell whether it was the right one, and the server counts.

import { ascii, concat, fromHex, to32Bytes, toBigInt, toHex } from './bytes'
import { HolderKey } from './cosign'
import { pbkdf2Sm3 } from './pbkdf2'
import { type Random, wxRandom } from './random'
import { decodeScalar, mod } from './sm2'

/** Rounds of PBKDF2 for new blobs. */
export const ROUNDS = 10_000

/** What is stored on the phone: plain JSON, useless without the PIN, the server's pepper and the server. */
export interface PinBlob {
  kid: string
  public_key: string
  salt: string
  rounds: number
  blob: string
}

/** Whether this can be a PIN: six digits. */
export function isPin(pin: string): boolean {
  return /^[0-9]{6}$/.test(pin)
}

/** Whether a PIN is among the first that a thief tries: one digit or pair repeated, or a run such as 123456. */
export function isTooSimple(pin: string): boolean {
  const steps = new Set<number>()
  for (let i = 1; i < pin.length; i++) steps.add((pin.charCodeAt(i) - pin.charCodeAt(i - 1) + 10) % 10)
  const isRun = steps.size === 1 && [0, 1, 9].some((step) => steps.has(step))
  return isRun || /^(..)\1\1$/.test(pin) || /^(...)\1$/.test(pin)
}

/** Hides a key's half behind a PIN, with a new salt. The pepper (64 hexadecimal digits) is the server's, per key. */
export async function hide(key: HolderKey, pin: string, pepper: string, random: Random = wxRandom): Promise<PinBlob> {
  const salt = toHex(await random(16))
  const stored = { kid: key.kid, public_key: key.publicKey, salt, rounds: ROUNDS }
  const blob = mod(key.half() + mask(stored, pin, pepper))
  return { ...stored, blob: toHex(to32Bytes(blob)) }
}

/** Opens a blob. A wrong PIN gives another half that looks no different; the server refuses what it signs. */
export function reveal(stored: PinBlob, pin: string, pepper: string): HolderKey {
  const half = mod(toBigInt(fromHex(stored.blob, 32)) - mask(stored, pin, pepper))
  return new HolderKey(stored.kid, stored.public_key, decodeScalar(to32Bytes(half)))
}

/**
 * The blob under another PIN. Call it only after the server has accepted the old PIN (see `provePin`): a mistyped old PIN
 * would otherwise destroy the key. b' = b − F(old) + F(new).
 */
export function change(stored: PinBlob, oldPin: string, newPin: string, pepper: string): PinBlob {
  const blob = toBigInt(fromHex(stored.blob, 32)) - mask(stored, oldPin, pepper) + mask(stored, newPin, pepper)
  return { ...stored, blob: toHex(to32Bytes(mod(blob))) }
}

/** F = PBKDF2-HMAC-SM3(PIN, salt ‖ pepper, rounds, 48 bytes) mod n; 48 bytes so that F is uniform. */
function mask(stored: { salt: string; rounds: number }, pin: string, pepper: string): bigint {
  if (!isPin(pin)) throw new Error('a PIN has six digits')
  const salt = concat(fromHex(stored.salt, 16), fromHex(pepper, 32))
  const derived = pbkdf2Sm3(ascii(pin), salt, stored.rounds, 48)
  const value = mod(toBigInt(derived))
  derived.fill(0)
  return value
}
