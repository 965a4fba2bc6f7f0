// Our icons: 24×24 drawings in app/icons/*.svg, given to TDesign's <t-icon> as CSS masks instead of its remote font.
import fs from 'node:fs';
import path from 'node:path';
import postcss from 'postcss';

/** Names TDesign's own components ask for, and which drawing answers. */
const ALIASES: Record<string, string[]> = {
  check: ['check'],
  'check-circle': ['check-circle', 'check-circle-filled'],
  'error-circle': ['error-circle', 'error-circle-filled', 'info-circle', 'info-circle-filled'],
  close: ['close'],
  'close-circle': ['close-circle', 'close-circle-filled'],
  'chevron-right': ['chevron-right', 'arrow-right'],
  'chevron-left': ['chevron-left'],
  'chevron-down': ['chevron-down', 'caret-down-small'],
  loading: ['loading'],
};

const dataUri = (svg: string) => `url("data:image/svg+xml,${encodeURIComponent(svg.replace(/\s*\n\s*/g, ''))}")`;

/** TDesign's icon sheet without its font and glyph codes, plus one mask rule for each drawing. */
export function drawnIconSheet(original: string, drawings: string): string {
  const root = postcss.parse(original);
  root.walkAtRules('font-face', (rule) => void rule.remove());
  root.walkRules((rule) => {
    if (/\.t-icon-[\w-]+::?before/.test(rule.selector)) rule.remove();
  });
  root.walkDecls('font-family', (decl) => void decl.remove());
  const rules: string[] = [];
  for (const file of fs.readdirSync(drawings).filter((f) => f.endsWith('.svg')).sort()) {
    const name = file.slice(0, -4);
    const uri = dataUri(fs.readFileSync(path.join(drawings, file), 'utf8'));
    const selector = (ALIASES[name] ?? [name]).map((alias) => `.t-icon-${alias}::before`).join(',');
    rules.push(
      `${selector}{content:"";display:block;width:1em;height:1em;background-color:currentColor;` +
        `-webkit-mask:${uri} center/contain no-repeat}`,
    );
  }
  return `${root.toString()}\n${rules.join('\n')}\n`;
}
