// TypeScript and JavaScript to modules: `define(path, function (require, module, exports, …hidden globals))`.
// Modules are separate (not bundled into one scope), so sub-packages share the main package's instances.
import fs from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import type { Project } from './project.ts';
import { HIDDEN_GLOBALS } from './hidden.ts';
import { NPM_DIR } from './paths.ts';

interface Module {
  id: string;
  code: string;
  map: object;
}

const EXTENSIONS = ['.ts', '.js', '/index.ts', '/index.js', ''];

export const scriptOf = (base: string, p: string) =>
  ['.ts', '.js'].map((ext) => path.join(base, p + ext)).find((file) => fs.existsSync(file));

function resolveModule(project: Project, spec: string, importer: string): string | null {
  const found = (candidate: string) =>
    EXTENSIONS.map((ext) => candidate + ext).find((file) => fs.existsSync(file) && fs.statSync(file).isFile());
  if (spec.startsWith('.')) return found(path.resolve(path.dirname(importer), spec)) ?? null;
  if (spec.startsWith('/')) return found(path.join(project.base, spec)) ?? null;
  for (let dir = path.dirname(importer); dir.startsWith(project.base); dir = path.dirname(dir)) {
    const hit = found(path.join(dir, NPM_DIR, spec)) ?? found(path.join(dir, spec));
    if (hit) return hit;
  }
  return null;
}

/** Collects the modules of a package, starting from its pages and components. */
export class Scripts {
  private readonly modules = new Map<string, Promise<Module>>();
  constructor(private readonly project: Project) {}

  private id(file: string): string {
    return path.relative(this.project.base, file).split(path.sep).join('/').replace(/\.(ts|js)$/, '');
  }

  private async load(file: string): Promise<Module> {
    const id = this.id(file);
    const output = await esbuild.transform(fs.readFileSync(file, 'utf8'), {
      loader: file.endsWith('.ts') ? 'ts' : 'js',
      format: 'cjs',
      target: 'es2020',
      sourcefile: `app/${id}${path.extname(file)}`,
      sourcemap: 'external',
      tsconfigRaw: { compilerOptions: { target: 'ES2020', useDefineForClassFields: true } },
    });
    const pending: Promise<unknown>[] = [];
    const link = (spec: string): string => {
      const target = resolveModule(this.project, spec, file);
      if (!target) {
        this.project.problems.push(`${id}: module "${spec}" is not found`);
        return spec;
      }
      const to = this.project.packOf(this.id(target));
      if (to && to !== this.project.packOf(id)) {
        this.project.problems.push(`${id}: imports ${this.id(target)} of another sub-package`);
      }
      pending.push(this.add(target));
      return this.id(target);
    };
    const code = output.code.replace(
      /\brequire\(\s*(["'])([^"']+)\1\s*\)/g,
      (_, __, spec: string) => `require(${JSON.stringify(link(spec))})`,
    );
    await Promise.all(pending);
    return { id, code, map: JSON.parse(output.map) };
  }

  private add(file: string): Promise<unknown> {
    if (!this.modules.has(file)) {
      this.project.files.get(this.project.packOf(this.id(file)))!.add(file);
      // registered before it is awaited: modules may import each other in a circle
      let settle: (module: Module) => void = () => {};
      let refuse: (error: unknown) => void = () => {};
      this.modules.set(file, new Promise((resolve, reject) => ((settle = resolve), (refuse = reject))));
      void this.load(file).then(settle, refuse);
    }
    return Promise.resolve();
  }

  /** Adds the entry scripts of one package. */
  entry(file: string) {
    void this.add(file);
  }

  /** All modules, once every import has been followed. */
  async all(): Promise<Module[]> {
    let known = -1;
    let list: Module[] = [];
    while (known !== this.modules.size) {
      known = this.modules.size;
      list = await Promise.all(this.modules.values());
    }
    return list;
  }
}

/** One script file of a package: `prologue`, the modules, `epilogue`, and an index source map. */
export function joinModules(modules: Module[], prologue: string, epilogue: string): string {
  const head = `__mp.define(`;
  const parameters = ['require', 'module', 'exports', 'globalThis', 'global', ...HIDDEN_GLOBALS].join(',');
  let out = `${prologue}\n`;
  let line = out.split('\n').length - 1;
  const sections: object[] = [];
  for (const module of modules) {
    const open = `${head}${JSON.stringify(module.id)},function(${parameters}){(function(){"use strict";\n`;
    sections.push({ offset: { line: line + 1, column: 0 }, map: module.map });
    const text = `${open}${module.code}\n}).call(undefined)});\n`;
    out += text;
    line += text.split('\n').length - 1;
  }
  const map = Buffer.from(JSON.stringify({ version: 3, sections })).toString('base64');
  return `${out}${epilogue}\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
}
