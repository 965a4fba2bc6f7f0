// Compiles the mini-program and the browser host around it into one folder of static files.
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import { apiForms } from './api-forms.ts';
import { packNpm } from './npm.ts';
import { NPM_DIR, SIMULATOR } from './paths.ts';
import { readProject, type Project, type Unit } from './project.ts';
import { joinModules, Scripts, scriptOf } from './scripts.ts';
import { compileTemplates, type Templates } from './templates.ts';
import { compileWxss } from './wxss.ts';

export interface BuildOptions {
  /** The mini-program (miniprogramRoot). */
  app: string;
  /** Where to write. */
  out: string;
  /** Skips packing npm packages (an app without any). */
  npm?: boolean;
}

export interface BuildReport {
  problems: string[];
  /** Bytes of source in each package, main package under ''. */
  sizes: Record<string, number>;
  summary: string;
}

const ASSETS = /\.(png|jpe?g|gif|svg|webp|mp3|mp4)$/;

function compileStyles(project: Project, pack: string): Record<string, string> {
  const styles: Record<string, string> = {};
  const files = project.files.get(pack)!;
  for (const unit of project.units.values()) {
    const file = path.join(project.base, `${unit.path}.wxss`);
    if (unit.pack !== pack || !fs.existsSync(file)) continue;
    const css = compileWxss(file, { base: project.base, scope: unit.scope, files });
    // each real page is its own WebView, so its sheet must not reach the other pages of the stack
    styles[unit.path] = unit.isPage ? `@scope ([data-route="${unit.path}"]) {\n${css}\n}` : css;
  }
  const app = path.join(project.base, 'app.wxss');
  if (!pack) styles.app = fs.existsSync(app) ? compileWxss(app, { base: project.base, files }) : '';
  return styles;
}

async function compileScripts(project: Project) {
  const scripts = new Scripts(project);
  const app = scriptOf(project.base, 'app');
  if (app) scripts.entry(app);
  else project.problems.push('missing script: app');
  for (const unit of project.units.values()) {
    const file = scriptOf(project.base, unit.path);
    if (file) scripts.entry(file);
    else project.problems.push(`missing script: ${unit.path}`);
  }
  return scripts.all();
}

const describe = (unit: Unit) => ({ path: unit.path, json: unit.json, isPage: unit.isPage, scope: unit.scope });

const packageFile = (pack: string) => `app/${pack ? pack.replace(/\W+/g, '-') : 'main'}.js`;

function unknownTags(project: Project, templates: Templates, known: Set<string>) {
  for (const unit of project.units.values()) {
    if (unit.path.includes(NPM_DIR)) continue;
    for (const tag of templates.tags[unit.path] ?? []) {
      const declared = tag in unit.json.usingComponents || tag in (unit.json.componentGenerics ?? {});
      if (!declared && !known.has(tag)) project.problems.push(`${unit.path}: unknown tag <${tag}>`);
    }
  }
}

/** The base components the host offers: the names passed to `define('…')` in runtime/components. */
function baseTags(): Set<string> {
  const dir = path.join(SIMULATOR, 'runtime/components');
  const tags = new Set(['block', 'slot', 'template', 'import', 'include', 'wxs']);
  for (const file of fs.readdirSync(dir)) {
    const source = fs.readFileSync(path.join(dir, file), 'utf8');
    for (const match of source.matchAll(/define\(\s*'([\w-]+)'/g)) tags.add(match[1]!);
    for (const list of source.matchAll(/CONTAINERS = \[([^\]]+)\]/g)) {
      for (const match of list[1]!.matchAll(/'([\w-]+)'/g)) tags.add(match[1]!);
    }
  }
  return tags;
}

async function bundleHost(out: string) {
  await esbuild.build({
    entryPoints: {
      boot: path.join(SIMULATOR, 'shell/boot.ts'),
      runtime: path.join(SIMULATOR, 'runtime/index.ts'),
      shell: path.join(SIMULATOR, 'shell/index.ts'),
    },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    outdir: out,
    sourcemap: true,
    minify: true,
    keepNames: true,
    loader: { '.css': 'text' },
    define: { 'process.env.NODE_ENV': '"production"', API_FORMS: JSON.stringify(apiForms()) },
    logLevel: 'error',
  });
  fs.copyFileSync(path.join(SIMULATOR, 'shell/index.html'), path.join(out, 'index.html'));
}

function copyAssets(project: Project, out: string) {
  for (const name of fs.readdirSync(project.base, { recursive: true }) as string[]) {
    if (name.startsWith(NPM_DIR) || name.startsWith('icons') || !ASSETS.test(name)) continue;
    const file = path.join(project.base, name);
    project.files.get(project.packOf(name))!.add(file);
    fs.cpSync(file, path.join(out, 'files', name));
  }
}

const kilobytes = (n: number) => `${(n / 1024).toFixed(0)} kB`;

/** Bytes: half of what WeChat takes, so that it starts quickly on a slow phone. */
const LARGEST_MAIN = 1024 * 1024;

function sizesOf(project: Project): Record<string, number> {
  const size = (files: Set<string>) => [...files].reduce((sum, file) => sum + fs.statSync(file).size, 0);
  return Object.fromEntries([...project.files].map(([pack, files]) => [pack, size(files)]));
}

/** Builds the phone. Mistakes in the app are returned as `problems`; the build goes on as far as it can. */
export async function buildPhone({ app, out, npm = true }: BuildOptions): Promise<BuildReport> {
  const started = performance.now();
  if (npm) packNpm(app);
  const project = readProject(app);
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(path.join(out, 'app'), { recursive: true });
  const modules = await compileScripts(project);
  const known = baseTags();
  for (const pack of project.packs) {
    const templates = compileTemplates(project, pack);
    unknownTags(project, templates, known);
    const units = [...project.units.values()].filter((unit) => unit.pack === pack);
    const manifest = {
      pack,
      units: units.map(describe),
      ...(pack ? {} : { appJson: project.appJson, pages: project.pages, theme: project.theme }),
      ...(pack ? {} : { packs: project.packs.filter(Boolean).map((root) => ({ root, file: packageFile(root) })) }),
    };
    const prologue = `__mp.package(${JSON.stringify(manifest)},${JSON.stringify(compileStyles(project, pack))},${templates.code});`;
    const own = modules.filter((m) => project.packOf(m.id) === pack);
    const text = joinModules(own, prologue, `__mp.loaded(${JSON.stringify(pack)});`);
    fs.writeFileSync(path.join(out, packageFile(pack)), text);
  }
  copyAssets(project, out);
  await bundleHost(out);
  const sizes = sizesOf(project);
  if ((sizes[''] ?? 0) > LARGEST_MAIN) project.problems.push(`the main package has ${kilobytes(sizes[''] ?? 0)}: at most ${kilobytes(LARGEST_MAIN)}`);
  const total = Object.values(sizes).reduce((a, b) => a + b, 0);
  const summary =
    `phone: ${project.pages.length} pages, ${project.units.size - project.pages.length} components, ` +
    `${Object.entries(sizes).map(([p, n]) => `${p || 'main'} ${kilobytes(n)}`).join(', ')}, total ${kilobytes(total)}, ` +
    `${Math.round(performance.now() - started)} ms`;
  return { problems: [...new Set(project.problems)], sizes, summary };
}
