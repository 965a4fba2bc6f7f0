// WXML through WeChat's own compiler, one group for each package so that sub-packages can be loaded lazily.
import fs from 'node:fs';
import path from 'node:path';
import { TmplGroup } from 'glass-easel-template-compiler';
import type { Project } from './project.ts';
import { NPM_DIR } from './paths.ts';
import { transformWxs, wxsProblem, WXS_PRELUDE } from './wxs.ts';

interface Warning {
  path: string;
  startLine: number;
  startColumn: number;
  message: string;
  isError: boolean;
}

export interface Templates {
  /** A JavaScript expression: template path → generator. */
  code: string;
  /** Tags used by each template, to find unknown ones. */
  tags: Record<string, string[]>;
}

const lineOf = (source: string, part: string) => source.slice(0, Math.max(0, source.indexOf(part))).split('\n').length;

/** Compiles the templates of one package. Problems in npm packages are not ours and are not reported. */
export function compileTemplates(project: Project, pack: string): Templates {
  const group = new TmplGroup();
  const files = project.files.get(pack)!;
  const seen = new Set<string>();
  const seenScripts = new Set<string>();
  const tags: Record<string, string[]> = {};
  const ours = (p: string) => !p.includes(NPM_DIR);
  const report = (p: string, message: string) => void (ours(p) && project.problems.push(message));

  const addScript = (p: string) => {
    if (seenScripts.has(p)) return;
    seenScripts.add(p);
    const file = path.join(project.base, `${p}.wxs`);
    if (!fs.existsSync(file)) {
      project.problems.push(`missing wxs: ${p}`);
      return;
    }
    files.add(file);
    const source = fs.readFileSync(file, 'utf8');
    const problem = wxsProblem(source);
    if (problem) report(p, `${p}.wxs: ${problem}`);
    group.addScript(p, link(p, source));
  };

  /** Rewrites a script and adds the modules it requires. */
  const link = (p: string, source: string): string =>
    transformWxs(source).replace(
      /require\(\s*(['"])([^'"]+?)(?:\.wxs)?\1\s*\)/g,
      (_, quote: string, spec: string) => {
        addScript(path.posix.join(path.posix.dirname(p), spec));
        return `require(${quote}${spec}${quote})`;
      },
    );

  const addTemplate = (p: string) => {
    if (seen.has(p)) return;
    seen.add(p);
    const file = path.join(project.base, `${p}.wxml`);
    if (!fs.existsSync(file)) {
      project.problems.push(`missing wxml: ${p}`);
      return;
    }
    if (project.packOf(p) === pack) files.add(file);
    const source = fs.readFileSync(file, 'utf8');
    for (const warning of group.addTmpl(p, source) as Warning[]) {
      report(p, `${p}.wxml:${warning.startLine}:${warning.startColumn} ${warning.message}`);
    }
    for (const name of group.getInlineScriptModuleNames(p) as string[]) {
      const script = group.getInlineScript(p, name);
      const problem = wxsProblem(script);
      if (problem) report(p, `${p}.wxml:${lineOf(source, script)} <wxs module="${name}"> ${problem}`);
      group.setInlineScript(p, name, link(p, script));
    }
    const markup = source.replace(/<wxs\b[^>]*>[\s\S]*?<\/wxs>/g, '').replace(/"[^"]*"|'[^']*'|<!--[\s\S]*?-->/g, '');
    tags[p] = [...new Set([...markup.matchAll(/<([a-z][\w-]*)/g)].map((m) => m[1]!))];
    for (const dependency of group.getDirectDependencies(p) as string[]) addTemplate(dependency);
    for (const script of group.getScriptDependencies(p) as string[]) addScript(script);
  };

  for (const unit of project.units.values()) if (unit.pack === pack) addTemplate(unit.path);
  group.setExtraRuntimeScript(`${WXS_PRELUDE};Q.C=function(c,e,f,p){return __mp.wxsEvent(c,e,f,p)};`);
  return { code: group.getTmplGenObjectGroups(), tags };
}
