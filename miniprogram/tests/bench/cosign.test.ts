//! How long the phone's half of a signature takes, in this machine's JavaScript: a real phone's is to be measured by people.
//! `node simulator/build/run.mjs test bench` prints one figure.

import { test } from 'node:test'
import vectors from '../../../tests/fixtures/vectors/two-party-sm2.json'
import { fromHex, toBigInt } from '../../app/crypto/bytes'
import { HolderKey, Signing } from '../../app/crypto/cosign'
import type { Random } from '../../app/crypto/random'

const { keygen, signing } = vectors.journey
const ROUNDS = 40

/** Exactly the vector's values, so that the server's answer in the vector fits. */
function scripted(): Random {
  const values = [...signing.phone_random]
  return async (length) => fromHex(values.shift() ?? '', length)
}

test('the_phones_half_of_a_signature', async () => {
  const key = new HolderKey(vectors.journey.kid, keygen.P, toBigInt(fromHex(keygen.d1)))
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    const session = await Signing.start(key, signing.sid, signing.tbs, scripted())
    session.finish({ q: signing.Q, proof: signing.proof })
    times.push(performance.now() - began)
  }
  times.sort((one, other) => one - other)
  const median = times[ROUNDS / 2] ?? 0
  console.log(`FIGURE phone's half of a signature\t${median.toFixed(1)} ms\t\tmedian of ${ROUNDS}, worst ${times[ROUNDS - 1]?.toFixed(1)} ms, node`)
})
