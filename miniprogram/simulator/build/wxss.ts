// WXSS to CSS: imports, rpx, vh of the page view, tag names, :host, and class prefixes that isolate components.
import fs from 'node:fs';
import path from 'node:path';
import postcss, { type Root } from 'postcss';
import selectorParser from 'postcss-selector-parser';

const RPX = /(-?(?:\d*\.)?\d+)rpx\b/g;
const VH = /(-?(?:\d*\.)?\d+)vh\b/g;
const round = (n: number) => +n.toFixed(5);

function convertValue(value: string): string {
  let out = value;
  if (out.includes('rpx')) out = out.replace(RPX, (_, n) => `${round(Number(n) / 7.5)}vw`);
  if (out.includes('vh')) out = out.replace(VH, (_, n) => `calc(${n} * var(--mp-vh, 1vh))`);
  return out;
}

function inlineImports(root: Root, file: string, base: string, files: Set<string>) {
  files.add(file);
  root.walkAtRules('import', (rule) => {
    const target = /^(?:url\()?["']?([^"')]+)["']?\)?/.exec(rule.params.trim())?.[1] ?? '';
    const full = target.startsWith('/') ? path.join(base, target) : path.resolve(path.dirname(file), target);
    const sub = postcss.parse(fs.readFileSync(full, 'utf8'), { from: full });
    inlineImports(sub, full, base, files);
    rule.replaceWith(sub.nodes);
  });
}

/** The host chooses the theme of one phone, so a theme query asks the host's custom property. */
function themeQueries(root: Root) {
  root.walkAtRules('media', (rule) => {
    const theme = /^\s*\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)\s*$/.exec(rule.params)?.[1];
    if (!theme) return;
    rule.name = 'container';
    rule.params = `style(--mp-theme: ${theme})`;
  });
}

const prefixer = (scope: string | undefined) =>
  selectorParser((selectors) => {
    selectors.walkClasses((node) => {
      if (scope) node.value = `${scope}--${node.value}`;
    });
    selectors.walkAttributes((node) => {
      // `[class^="x"]` and `[class*=" x"]` must see the prefix too
      if (!scope || node.attribute !== 'class' || !/^[\^*|]?=$/.test(node.operator ?? '') || !node.value) return;
      const value = node.value.trim();
      if (value.startsWith(`${scope}--`)) return;
      node.operator = '*=';
      node.setValue(`${scope}--${value}`, { quoteMark: '"' });
    });
    selectors.walkTags((node) => {
      if (!/^(from|to|\d)/.test(node.value)) node.value = `wx-${node.value}`;
    });
    selectors.walkPseudos((node) => {
      if (node.value !== ':host') return;
      const raws = {} as never;
      node.replaceWith(
        selectorParser.attribute({ attribute: 'wx-host', operator: '=', value: `"${scope}"`, quoteMark: null, raws }),
      );
    });
  });

export interface WxssOptions {
  /** Root of the app, for absolute imports. */
  base: string;
  /** Class prefix of an isolated component. */
  scope?: string;
  /** Filled with every file read. */
  files: Set<string>;
}

/** Compiles one sheet. */
export function compileWxss(file: string, { base, scope, files }: WxssOptions): string {
  const root = postcss.parse(fs.readFileSync(file, 'utf8'), { from: file });
  inlineImports(root, file, base, files);
  const selectors = prefixer(scope);
  root.walkRules((rule) => {
    const parent = rule.parent;
    if (parent?.type === 'atrule' && /keyframes$/.test((parent as postcss.AtRule).name)) return;
    rule.selector = selectors.processSync(rule.selector);
  });
  root.walkDecls((decl) => {
    decl.value = convertValue(decl.value);
  });
  themeQueries(root);
  return root.toString();
}
