// miniprogram_npm, laid out as the developer tools do with `packNpmManually`: packages that carry a `miniprogram`
// folder are copied, of others the imported modules are bundled. TDesign's icon font is remote; it is replaced here by our own drawings (icons.ts).
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
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

/** The modules of a package that the app imports: "name" or "name/sub.js". */
function importedFrom(app: string, name: string): string[] {
  const found = new Set<string>();
  for (const file of fs.readdirSync(app, { recursive: true }) as string[]) {
    if (!file.endsWith('.ts') || file.startsWith(NPM_DIR)) continue;
    const source = fs.readFileSync(path.join(app, file), 'utf8');
    for (const [, spec] of source.matchAll(/from\s+['"]([^'"]+)['"]/g)) {
      if (spec === name || spec!.startsWith(`${name}/`)) found.add(spec!);
    }
  }
  return [...found].sort();
}

/** An ordinary package: each module the app imports becomes one file, with what it needs inside. */
function bundle(app: string, name: string, specs: string[]) {
  for (const spec of specs) {
    const file = spec === name ? `${name}/index.js` : spec;
    esbuild.buildSync({
      stdin: { contents: `export * from ${JSON.stringify(spec)};`, resolveDir: HOME },
      outfile: path.join(app, NPM_DIR, file),
      bundle: true,
      format: 'cjs',
      platform: 'neutral',
      target: 'es2020',
      logLevel: 'error',
    });
  }
}

/** A mini-program package is copied as it is; TDesign gets our icons. */
function copyPackage(from: string, to: string, name: string) {
  fs.cpSync(from, to, { recursive: true });
  if (name !== 'tdesign-miniprogram') return;
  const sheet = path.join(to, 'icon/icon.wxss');
  fs.writeFileSync(sheet, drawnIconSheet(fs.readFileSync(sheet, 'utf8'), path.join(APP, 'icons')));
}

/** Packs the runtime dependencies into `<app>/miniprogram_npm`. Does nothing when they are already there. */
export function packNpm(app: string): string[] {
  const packed: string[] = [];
  const inputs = `${newest(path.join(APP, 'icons'))} ${newest(path.join(SIMULATOR, 'build'))}`;
  for (const name of Object.keys(readManifest(HOME).dependencies ?? {})) {
    const from = path.join(HOME, 'node_modules', name);
    const { version, miniprogram } = readManifest(from);
    const specs = miniprogram ? [] : importedFrom(app, name);
    const to = path.join(app, NPM_DIR, name);
    const stamp = path.join(app, NPM_DIR, `.${name.replace(/\W/g, '-')}`);
    const mark = `${version} ${inputs} ${specs.join(' ')}`;
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === mark) continue;
    fs.rmSync(to, { recursive: true, force: true });
    if (miniprogram) copyPackage(path.join(from, miniprogram), to, name);
    else bundle(app, name, specs);
    fs.mkdirSync(path.dirname(stamp), { recursive: true });
    fs.writeFileSync(stamp, mark);
    packed.push(`${name} ${version}`);
  }
  return packed;
}
