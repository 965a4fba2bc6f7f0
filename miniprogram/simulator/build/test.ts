// Bundles tests/<kind>/*.test.ts and runs them with `node --test`.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import esbuild from 'esbuild';
import { packNpm } from './npm.ts';
import { APP, CACHE, TESTS } from './paths.ts';

/** A whole test file must be done by then. */
const TIMEOUT_MS = 120_000;

/** `test unit`, `test conformance`, or one file. Exits with the runner's code. */
export async function runTests([kind = 'unit', ...filter]: string[]): Promise<void> {
  const dir = path.join(TESTS, kind);
  const names = fs.readdirSync(dir).filter((f) => f.endsWith('.test.ts') && (!filter.length || filter.some((x) => f.includes(x))));
  if (!names.length) throw new Error(`no tests in ${dir}`);
  // packed once here, because test files run side by side
  for (const app of [APP, path.join(TESTS, 'kitchen')]) packNpm(app);
  const outdir = path.join(CACHE, 'tests', kind);
  fs.rmSync(outdir, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: names.map((f) => path.join(dir, f)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  const files = names.map((f) => path.join(outdir, f.replace(/\.ts$/, '.mjs')));
  const flags = ['--enable-source-maps', '--test', '--test-reporter=spec', '--test-concurrency=2', `--test-timeout=${TIMEOUT_MS}`, '--test-force-exit'];
  const result = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
}

/** Bundles and runs the rehearsal; exits with its code. */
export async function runRehearsal(): Promise<void> {
  const outfile = path.join(CACHE, 'tests', 'rehearsal.mjs');
  await esbuild.build({
    entryPoints: [path.join(TESTS, 'rehearsal/run.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  const result = spawnSync(process.execPath, ['--enable-source-maps', outfile], { stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
}
