// Every screen of the phone that a story comes by, as it looks in light, in dark, in elders' mode and on other widths, each
// looked over by axe: labels, contrast, sizes. `npm run looks` makes a contact sheet of them.
import axe from 'axe-core';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** One way to look at a screen. */
interface Way {
  name: string;
  theme: 'light' | 'dark';
  /** WeChat's font size: 1.4 is elders' mode (关怀模式). */
  scale: number;
  /** CSS pixels. */
  width: number;
}

export const WAYS: Way[] = [
  { name: 'light', theme: 'light', scale: 1, width: 375 },
  { name: 'dark', theme: 'dark', scale: 1, width: 375 },
  { name: 'elders', theme: 'light', scale: 1.4, width: 375 },
  { name: 'narrow', theme: 'light', scale: 1, width: 320 },
  { name: 'wide', theme: 'dark', scale: 1, width: 430 },
];

/** What a phone in somebody's hand must not break; what belongs to documents is left out, and so are WeChat's own sheets. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const NOT_OURS = ['document-title', 'html-has-lang', 'meta-viewport', 'scrollable-region-focusable'];

interface Found {
  id: string;
  help: string;
  nodes: { target: unknown[]; html: string; failureSummary?: string }[];
}

interface Screen {
  number: number;
  title: string;
  files: Map<string, string>;
}

/** What is seen in one run. */
export class Looks {
  private readonly seen = new Map<string, Screen>();
  readonly problems: string[] = [];

  /** Without a folder nothing is drawn: the screens are only looked over. */
  constructor(private readonly folder?: string) {
    if (!folder) return;
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
  }

  get count() {
    return this.seen.size;
  }

  /** Looks at the screen on top, unless it has been seen in this state before: same page, same controls. */
  async at(page: Page) {
    const key = await page.evaluate(stateOf).catch(() => '');
    if (!key || this.seen.has(key)) return;
    const [route = ''] = key.split('\n');
    const number = this.seen.size + 1;
    const screen: Screen = { number, title: route.replace(/^packages\/|pages\//g, ''), files: new Map() };
    this.seen.set(key, screen);
    const before = page.viewportSize();
    for (const way of WAYS) {
      await change(page, way, before?.height ?? 812);
      await this.overlooked(page, screen.title, way);
      if (this.folder) {
        const file = path.join(this.folder, `${String(number).padStart(3, '0')}-${way.name}.png`);
        await page.screenshot({ path: file, scale: 'css' });
        screen.files.set(way.name, file);
      }
    }
    await restore(page, before);
  }

  private async overlooked(page: Page, title: string, way: Way) {
    await page.evaluate(axe.source);
    const found = await page.evaluate(
      async ([tags, off]) => {
        const { axe } = window as unknown as { axe: { run(what: Document, how: object): Promise<{ violations: Found[] }> } };
        const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]));
        const where = { exclude: [['.mp-mask']] } as unknown as Document;
        return (await axe.run(where, { runOnly: { type: 'tag', values: tags }, rules })).violations;
      },
      [RULES, NOT_OURS] as const,
    );
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
    if (wide) this.problems.push(`${title} (${way.name}): wider than the phone`);
    for (const one of found) {
      for (const node of one.nodes) {
        this.problems.push(`${title} (${way.name}) ${one.id}: ${node.target.join(' ')}\n    ${node.html.slice(0, 160)}\n    ${node.failureSummary ?? ''}`);
      }
    }
  }

  /** One picture a way of looking, all screens on it; and a page with all of them. */
  async sheets(browser: Browser) {
    if (!this.folder) return;
    const screens = [...this.seen.values()];
    const page = await (await browser.newContext({ viewport: { width: 1500, height: 800 } })).newPage();
    for (const way of WAYS) {
      const figure = ({ number, title, files }: Screen) => {
        const picture = fs.readFileSync(files.get(way.name) ?? '').toString('base64');
        return `<figure><img src="data:image/png;base64,${picture}"><figcaption>${number} ${title}</figcaption></figure>`;
      };
      await page.setContent(`<style>body{margin:16px;display:flex;flex-wrap:wrap;gap:14px;background:#888;font:12px sans-serif}
        figure{margin:0;width:172px}img{width:100%;border-radius:8px}figcaption{color:#fff;overflow-wrap:anywhere}</style>${screens.map(figure).join('')}`);
      await page.screenshot({ path: path.join(this.folder, `sheet-${way.name}.png`), fullPage: true });
    }
    await page.context().close();
  }
}

/** The page on top and the controls in sight: what makes it another screen. Empty while a page is on its way. */
function stateOf(): string {
  const pages = (window as never as { getCurrentPages?(): { route: string }[] }).getCurrentPages?.() ?? [];
  const route = pages.at(-1)?.route;
  if (!route) return '';
  const seen = (element: Element) => element.getClientRects().length > 0;
  const controls = [...document.querySelectorAll('button, [role=button], [role=dialog], [role=checkbox], input, textarea')].filter(seen);
  const words = controls.map((one) => `${one.tagName} ${one.getAttribute('aria-label') ?? one.textContent?.trim() ?? ''}`.replace(/\d+/g, '0'));
  return [route, ...words].join('\n');
}

type Desk = { __mp: { change(next: object): void }; getCurrentPages(): { setData(data: object): void }[] };

async function change(page: Page, way: Way, height: number) {
  await page.setViewportSize({ width: way.width, height });
  await page.evaluate(
    async ({ theme, scale }) => {
      const { __mp, getCurrentPages } = window as never as Desk;
      __mp.change({ theme, fontScale: scale });
      // A device asks anew at the next start; the screen that is open is told here.
      for (const open of getCurrentPages()) open.setData({ pageStyle: `--scale: ${scale}` });
      await new Promise((resolve) => setTimeout(resolve, 350));
    },
    { theme: way.theme, scale: way.scale },
  );
}

async function restore(page: Page, size: { width: number; height: number } | null) {
  if (size) await page.setViewportSize(size);
  await page.evaluate(() => {
    const { __mp, getCurrentPages } = window as never as Desk;
    __mp.change({ theme: 'system', fontScale: 1 });
    for (const open of getCurrentPages()) open.setData({ pageStyle: '--scale: 1' });
  });
}
