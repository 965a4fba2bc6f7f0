// miniprogram_npm, laid out as the developer tools do with `packNpmManually`: packages that carry a `miniprogram`
// folder are copied. TDesign's icon font is remote; it is replaced here by our own drawings (icons.ts).
import fs from 'node:fs';
import path from 'node:path';
import { drawnIconSheet } from './icons.ts';
import { APP, HOME, NPM_DIR, SIMULATOR } from './paths.ts';

interface Manifest {
  version: string;
  miniprogram?: string;
  dependencies?: Record<string, string>;
}

const readManifest = (dir: string): Manifest => JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8'));

const newest = (dir: string): number =>
  Math.max(0, ...fs.readdirSync(dir).map((name) => fs.statSync(path.join(dir, name)).mtimeMs));

/** Packs the runtime dependencies into `<app>/miniprogram_npm`. Does nothing when they are already there. */
export function packNpm(app: string): string[] {
  const own = readManifest(HOME);
  const packed: string[] = [];
  for (const name of Object.keys(own.dependencies ?? {})) {
    const from = path.join(HOME, 'node_modules', name);
    const manifest = readManifest(from);
    if (!manifest.miniprogram) throw new Error(`${name} is not a mini-program package`);
    const to = path.join(app, NPM_DIR, name);
    const stamp = path.join(app, NPM_DIR, `.${name}`);
    const drawings = path.join(APP, 'icons');
    const mark = `${manifest.version} ${newest(drawings)} ${newest(path.join(SIMULATOR, 'build'))}`;
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === mark) continue;
    fs.rmSync(to, { recursive: true, force: true });
    fs.cpSync(path.join(from, manifest.miniprogram), to, { recursive: true });
    if (name === 'tdesign-miniprogram') {
      const sheet = path.join(to, 'icon/icon.wxss');
      fs.writeFileSync(sheet, drawnIconSheet(fs.readFileSync(sheet, 'utf8'), drawings));
    }
    fs.writeFileSync(stamp, mark);
    packed.push(`${name} ${manifest.version}`);
  }
  return packed;
}
