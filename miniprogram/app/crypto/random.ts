//! 随机数: WeChat's secure random source and nothing else. Without it nothing is generated and nothing is signed.

import { decodeScalar } from './sm2'

/** A source of secure random bytes. */
export type Random = (length: number) => Promise<Uint8Array>

/** There is no secure random source here: WeChat is too old. The person is asked to update it. */
export class NoSecureRandom extends Error {
  constructor() {
    super('no secure random source')
    this.name = 'NoSecureRandom'
  }
}

interface RandomOptions {
  length: number
  success: (result: { randomValues: ArrayBuffer }) => void
  fail: () => void
}

interface RandomSource {
  getRandomValues?: (options: RandomOptions) => unknown
}

interface WeChat extends RandomSource {
  getUserCryptoManager?: () => RandomSource
}

/** Random bytes from `wx.getRandomValues`, or from the user's crypto manager where that is missing. */
export const wxRandom: Random = async (length) => {
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    const refuse = (): void => reject(new NoSecureRandom())
    const source = findSource()
    if (!source?.getRandomValues) return refuse()
    source.getRandomValues({
      length,
      success: ({ randomValues }) => resolve(new Uint8Array(randomValues)),
      fail: refuse,
    })
  })
  if (bytes.length !== length || (length >= 16 && bytes.every((byte) => byte === bytes[0]))) throw new NoSecureRandom()
  return bytes
}

function findSource(): RandomSource | undefined {
  if (typeof wx === 'undefined') return undefined
  const host = wx as unknown as WeChat
  return host.getRandomValues ? host : host.getUserCryptoManager?.()
}

/** A secret scalar in 1…n-1 without bias: 32 bytes at a time until they fit. */
export async function drawScalar(random: Random): Promise<bigint> {
  for (;;) {
    const bytes = await random(32)
    try {
      return decodeScalar(bytes)
    } catch {
      continue
    } finally {
      bytes.fill(0)
    }
  }
}
