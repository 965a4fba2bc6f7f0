// The issued chain, checked edge by edge with a tool that is not ours. openssl 3 applies the SM2 identity to the
// certificate under test only, so each one is verified with its issuer as the only thing trusted.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Fails unless holder, issuing authority and root hang together and the holder is the company. */
export function checkChain(pem: string, holder: string) {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length !== 3) throw new Error(`a chain of ${certificates.length} certificates`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zhangzheng-chain-'));
  const files = certificates.map((text, i) => {
    const file = path.join(folder, `${i}.pem`);
    fs.writeFileSync(file, `${text}\n`);
    return file;
  });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' });
  for (const i of [0, 1]) {
    openssl('verify', '-x509_strict', '-vfyopt', 'distid:1234567812345678', '-partial_chain', '-trusted', files[i + 1]!, files[i]!);
  }
  const subject = openssl('x509', '-in', files[0]!, '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus');
  fs.rmSync(folder, { recursive: true, force: true });
  if (!subject.includes(holder)) throw new Error(`the certificate is of ${subject}`);
}
