// The tab bar takes pictures only: app/icons/*.svg drawn as PNG in the colours of app/theme.json.
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { APP } from './paths.ts';

const SIZE = 81;
const TABS: Record<string, string> = { home: 'home', orders: 'order', mine: 'person' };

export async function drawTabIcons(): Promise<void> {
  const theme: Record<string, Record<string, string>> = JSON.parse(fs.readFileSync(path.join(APP, 'theme.json'), 'utf8'));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
  fs.mkdirSync(path.join(APP, 'assets/tabs'), { recursive: true });
  for (const [name, drawing] of Object.entries(TABS)) {
    const svg = fs.readFileSync(path.join(APP, `icons/${drawing}.svg`), 'utf8');
    for (const [mode, colours] of Object.entries(theme)) {
      for (const [suffix, colour] of [['', colours.faint], ['-on', colours.ink]] as const) {
        const image = svg.replace('#000', colour!).replace('<svg', `<svg width="${SIZE}" height="${SIZE}"`);
        await page.setContent(`<style>*{margin:0}svg{display:block}</style>${image}`);
        await page.screenshot({ path: path.join(APP, `assets/tabs/${name}${suffix}-${mode}.png`), omitBackground: true });
      }
    }
  }
  await browser.close();
}
