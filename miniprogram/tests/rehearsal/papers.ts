// Papers for the desktop's file fields: drawn by the sandbox, and the product's own letter, signed and stamped.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Server } from './server.ts';

/** A company on the desk. */
export interface SampleCompany {
  id: string;
  name: string;
  uscc: string;
  representative: string;
  sealNumber: string;
}

export const RUICHENG: SampleCompany = {
  id: 'ruicheng',
  name: '福建瑞成科技有限公司',
  uscc: '91350102MA0X0A012U',
  representative: '李建国',
  sealNumber: '3501020000018',
};

export interface Person {
  openid: string;
  name: string;
  mobile: string;
}

export const YUNSHAN: SampleCompany = {
  id: 'yunshan',
  name: '厦门云杉供应链管理有限公司',
  uscc: '91350200MA0X0B023F',
  representative: '陈静',
  sealNumber: '',
};

/** The people on the desk, by name. */
export async function people(server: Server): Promise<Map<string, Person>> {
  const list = (await (await fetch(`${server.phone}/phone/people`)).json()) as Person[];
  return new Map(list.map((person) => [person.name, person]));
}

/** A sample paper as a file to upload. */
export async function sample(server: Server, id: string) {
  const answer = await fetch(`${server.phone}/samples/${id}.jpg`);
  if (!answer.ok) throw new Error(`sample ${id}: ${answer.status} ${await answer.text()}`);
  return { name: `${id}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.from(await answer.arrayBuffer()) };
}

/** The letter as printed, signed by the agent and stamped by the company; photographed, or scanned into a PDF. */
export async function signedLetter(server: Server, pdf: Buffer, company: SampleCompany, agent: string, scanned: boolean) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zhangzheng-letter-'));
  const file = path.join(folder, 'letter.pdf');
  fs.writeFileSync(file, pdf);
  execFileSync('pdftoppm', ['-r', '150', '-png', '-singlefile', file, path.join(folder, 'page')]);
  const page = fs.readFileSync(path.join(folder, 'page.png')).toString('base64');
  fs.rmSync(folder, { recursive: true, force: true });
  const stamps = { company: company.name, representative: company.representative, agent, seal_number: company.sealNumber };
  const answer = await fetch(`${server.phone}/samples/stamp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(scanned ? { page, stamps, pdf: true, photo: { desk: false } } : { page, stamps }),
  });
  if (!answer.ok) throw new Error(`stamp: ${answer.status} ${await answer.text()}`);
  const buffer = Buffer.from(await answer.arrayBuffer());
  return scanned ? { name: 'letter.pdf', mimeType: 'application/pdf', buffer } : { name: 'letter.jpg', mimeType: 'image/jpeg', buffer };
}
