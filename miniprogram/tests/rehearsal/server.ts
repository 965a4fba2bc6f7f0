// The product and its sandbox as one process on free ports, with a data folder of their own: what `make run` starts.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** The repository: the tests run with the mini-program's folder as theirs. */
export const ROOT = path.resolve(process.cwd(), '..');
const BINARY = process.env.ZHANGZHENG_BINARY ?? path.join(ROOT, 'target/debug/zhangzheng');

export interface Server {
  desktop: string;
  phone: string;
  /** First member of staff. */
  staff: { name: string; password: string };
  folder: string;
  /** What a captcha's picture says. */
  readCaptcha(id: string): string;
  /** Checks an evidence file on the command line, with nothing but the root certificate. */
  verifyEvidence(file: string): string;
  /** Everything the process has said so far. */
  log(): string;
  stop(): Promise<void>;
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });

/** Starts it and waits until it says that it is ready. */
export async function startServer(): Promise<Server> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'zhangzheng-rehearsal-'));
  const [port, sandboxPort, smtpPort] = [await freePort(), await freePort(), await freePort()];
  const args = ['dev', '--folder', folder, '--port', `${port}`, '--sandbox-port', `${sandboxPort}`, '--smtp-port', `${smtpPort}`];
  const child = spawn(BINARY, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await ready(child, () => said);
  const [, name, password] = /name (\S+), password (\S+)/.exec(said) ?? [];
  if (!name || !password) throw new Error(`the first staff password was not printed:\n${said}`);
  return {
    desktop: `http://127.0.0.1:${port}`,
    phone: `http://127.0.0.1:${sandboxPort}`,
    staff: { name, password },
    folder,
    readCaptcha: (id) => execFileSync(BINARY, ['read-captcha', '--folder', folder, id], { cwd: ROOT, encoding: 'utf8' }).trim(),
    verifyEvidence: (file) =>
      execFileSync(BINARY, ['evidence', 'verify', file, '--root', path.join(folder, 'ca/root.pem')], { cwd: ROOT, encoding: 'utf8' }),
    log: () => said,
    async stop() {
      child.kill('SIGTERM');
      await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(null)));
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess, said: () => string) {
  const until = Date.now() + 60_000;
  while (!said().includes("vendors' controls")) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`the server did not start:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
