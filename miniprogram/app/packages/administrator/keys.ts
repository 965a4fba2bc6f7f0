// 两方密钥 on the phone: makes its half, hides it behind the PIN, and proves together with the server that it is held.
import { get, post } from '../../api/call';
import { Keygen, Signing } from '../../crypto/cosign';
import { hide, type PinBlob, reveal } from '../../crypto/pin';

const place = (kid: string) => `signing-key:${kid}`;

/** What this phone stores of a key: useless without PIN, server and sign-in. */
export const stored = (kid: string): PinBlob | null => (wx.getStorageSync(place(kid)) as PinBlob | '') || null;

/** Makes a key with the server, hides the phone's half behind the PIN, and proves possession with what was stored. */
export async function makeKey(pin: string): Promise<string> {
  const { kid, commitment, pepper } = await post('/api/keys');
  const making = await Keygen.start(kid, commitment);
  const opened = await post(`/api/keys/${kid}/holder-half` as '/api/keys/{kid}/holder-half', making.message);
  const key = making.finish(opened);
  const blob = await hide(key, pin, pepper);
  key.forget();
  wx.setStorageSync(place(kid), blob);
  await prove(blob, pin, pepper);
  return kid;
}

/** Signs the key's certificate request: the proof that both halves are there, and the check of the PIN. */
async function prove(blob: PinBlob, pin: string, pepper: string): Promise<void> {
  const { kid } = blob;
  const key = reveal(blob, pin, pepper);
  try {
    const { sid, tbs } = await post(`/api/keys/${kid}/signings` as '/api/keys/{kid}/signings');
    const signing = await Signing.start(key, sid, tbs);
    const session = `/api/keys/${kid}/signings/${sid}`;
    const answer = await post(`${session}/commit` as '/api/keys/{kid}/signings/{sid}/commit', { commitment: signing.commitment });
    await post(`${session}/open` as '/api/keys/{kid}/signings/{sid}/open', signing.finish(answer));
  } finally {
    key.forget();
  }
}

/** Tries a PIN: signs once more with the stored key. */
export async function tryPin(kid: string, pin: string): Promise<void> {
  const blob = stored(kid);
  if (!blob) throw new Error('the key is on another phone');
  const { pepper } = await get(`/api/keys/${kid}` as '/api/keys/{kid}');
  await prove(blob, pin, pepper ?? '');
}
