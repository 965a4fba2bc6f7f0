// Reads a native mini-program: app.json, its packages, and every page and component reachable from them.
import fs from 'node:fs';
import path from 'node:path';
import { NPM_DIR } from './paths.ts';

/** app.json and page.json are read as they come. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = Record<string, any>;

/** One page or component, with `usingComponents` resolved to absolute paths ("/components/x/x"). */
export interface Unit {
  path: string;
  json: Json;
  isPage: boolean;
  /** Root of the sub-package it lies in; '' is the main package. */
  pack: string;
  /** Class prefix, when its styles are isolated. */
  scope?: string;
}

export interface Project {
  base: string;
  appJson: Json;
  theme: Json | null;
  pages: string[];
  /** Roots of all packages; the first is '' (main). */
  packs: string[];
  units: Map<string, Unit>;
  problems: string[];
  /** Which package a path belongs to. */
  packOf(p: string): string;
  /** Every file that is part of the app, for size reports. */
  files: Map<string, Set<string>>;
}

const readJson = (file: string): Json => JSON.parse(fs.readFileSync(file, 'utf8'));

/** Finds a component as WeChat does: absolute, relative, then miniprogram_npm upwards. */
function resolver(base: string) {
  const exists = (p: string) => ['.json', '.js', '.ts'].some((ext) => fs.existsSync(path.join(base, p + ext)));
  return {
    exists,
    resolve(spec: string, from: string): string | null {
      if (spec.startsWith('/')) return path.posix.normalize(spec.slice(1));
      const relative = path.posix.join(path.posix.dirname(from), spec);
      if (spec.startsWith('.') || exists(relative)) return relative;
      for (let dir = path.posix.dirname(from); ; dir = path.posix.dirname(dir)) {
        const candidate = path.posix.join(dir === '.' ? '' : dir, NPM_DIR, spec);
        if (exists(candidate)) return candidate;
        if (exists(`${candidate}/index`)) return `${candidate}/index`;
        if (dir === '.' || dir === '/') return null;
      }
    },
  };
}

/** Reads the whole app below `root`. Mistakes are collected in `problems`, not thrown. */
export function readProject(root: string): Project {
  const base = path.resolve(root);
  const appJson = readJson(path.join(base, 'app.json'));
  const subPackages: Json[] = appJson.subPackages ?? appJson.subpackages ?? [];
  const packs = ['', ...subPackages.map((s) => String(s.root).replace(/\/$/, ''))];
  const pages: string[] = [
    ...appJson.pages,
    ...subPackages.flatMap((s) => s.pages.map((p: string) => `${String(s.root).replace(/\/$/, '')}/${p}`)),
  ];
  const project: Project = {
    base,
    appJson,
    theme: appJson.themeLocation ? readJson(path.join(base, appJson.themeLocation)) : null,
    pages,
    packs,
    units: new Map(),
    problems: [],
    packOf: (p) => packs.find((root) => root && p.startsWith(`${root}/`)) ?? '',
    files: new Map(packs.map((p) => [p, new Set()])),
  };
  const { exists, resolve } = resolver(base);
  let scopes = 0;

  const visit = (unitPath: string, isPage: boolean, from: string) => {
    const pack = project.packOf(unitPath);
    if (pack && pack !== project.packOf(from)) {
      project.problems.push(`${from}: uses ${unitPath} of another sub-package`);
    }
    if (project.units.has(unitPath)) return;
    if (!exists(unitPath)) {
      project.problems.push(`missing ${isPage ? 'page' : 'component'}: ${unitPath}`);
      return;
    }
    const jsonFile = path.join(base, `${unitPath}.json`);
    const json = fs.existsSync(jsonFile) ? readJson(jsonFile) : {};
    if (fs.existsSync(jsonFile)) project.files.get(pack)!.add(jsonFile);
    const resolved: Record<string, string> = {};
    const unit: Unit = { path: unitPath, json: { ...json, usingComponents: resolved }, isPage, pack };
    const isolation = json.styleIsolation;
    if (json.component && isolation !== 'shared' && isolation !== 'page-shared') unit.scope = `s${(scopes++).toString(36)}`;
    project.units.set(unitPath, unit);
    const using: Record<string, string> = { ...(appJson.usingComponents ?? {}), ...(json.usingComponents ?? {}) };
    for (const [tag, spec] of Object.entries(using)) {
      const target = resolve(spec, json.usingComponents?.[tag] ? unitPath : 'app');
      if (!target) {
        project.problems.push(`${unitPath}: cannot resolve <${tag}> "${spec}"`);
        continue;
      }
      resolved[tag] = `/${target}`;
      visit(target, false, unitPath);
    }
    for (const [name, generic] of Object.entries<Json>(json.componentGenerics ?? {})) {
      if (!generic?.default) continue;
      const target = resolve(generic.default, unitPath);
      if (!target) {
        project.problems.push(`${unitPath}: generic ${name} cannot be resolved`);
        continue;
      }
      generic.default = `/${target}`;
      visit(target, false, unitPath);
    }
  };
  for (const page of pages) visit(page, true, page);
  return project;
}
