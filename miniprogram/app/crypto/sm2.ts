//! 国密 SM2 curve (GB/T 32918.5-2017) on @noble/curves: points and scalars parsed or refused, Z and e.

import { weierstrass, type WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js'
import { ascii, concat, to32Bytes, toBigInt } from './bytes'
import { sm3 } from './sm3'

/** A point of the curve, or infinity. */
export type Point = WeierstrassPoint<bigint>

/** n, the order of the group. */
export const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

const A = 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
const GX = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n
const GY = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n

const Curve = weierstrass({
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: N,
  h: 1n,
  a: A,
  b: B,
  Gx: GX,
  Gy: GY,
})

/** The base point. */
export const G: Point = Curve.BASE

/** The identity that enters Z when none is agreed (GM/T 0009). */
const ID = ascii('1234567812345678')

/** Reads a point `04‖X‖Y` of 65 bytes; other forms, infinity and points off the curve throw. */
export function decodePoint(bytes: Uint8Array): Point {
  if (bytes.length !== 65 || bytes[0] !== 4) throw new Error('not a point')
  const point = Curve.fromBytes(bytes)
  point.assertValidity()
  return point
}

/** `04‖X‖Y`; infinity throws. */
export function encodePoint(point: Point): Uint8Array {
  if (point.is0()) throw new Error('infinity')
  return point.toBytes(false)
}

/** x modulo n. */
export function xModN(point: Point): bigint {
  return point.toAffine().x % N
}

/** Reads a scalar in 1…n-1 from 32 bytes; anything else throws. */
export function decodeScalar(bytes: Uint8Array): bigint {
  const value = bytes.length === 32 ? toBigInt(bytes) : 0n
  if (value === 0n || value >= N) throw new Error('not a scalar')
  return value
}

/** value modulo n, in 0…n-1. */
export function mod(value: bigint): bigint {
  const rest = value % N
  return rest < 0n ? rest + N : rest
}

/** value⁻¹ modulo n, as value^(n-2), so that the work does not depend on the value's size. */
export function invert(value: bigint): bigint {
  let result = 1n
  for (let bit = 255n; bit >= 0n; bit--) {
    result = (result * result) % N
    if (((N - 2n) >> bit) & 1n) result = (result * value) % N
  }
  if (result === 0n) throw new Error('zero has no inverse')
  return result
}

/** Z of GB/T 32918.2 §5.5 for a public key `04‖X‖Y`. */
export function identityDigest(publicKey: Uint8Array): Uint8Array {
  const curve = [A, B, GX, GY].map(to32Bytes)
  return sm3(Uint8Array.of(0, ID.length * 8), ID, ...curve, publicKey.subarray(1))
}

/** e = SM3(Z ‖ message): what is signed. */
export function messageDigest(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return sm3(concat(identityDigest(publicKey), message))
}
