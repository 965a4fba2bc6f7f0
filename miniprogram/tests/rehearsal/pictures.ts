// Small copies of a few screenshots, for the README: src/docs/pictures holds the last ones somebody liked.
import fs from 'node:fs';
import path from 'node:path';
import type { Stage } from '../driver.ts';

/** The picture and its height in pixels. */
const WANTED = { 'desktop-certificate': 'desktop', 'phone-person-photos': 'phone', 'console-case': 'console' };
const HEIGHT = 420;

/** Writes target/rehearsal/small/{desktop,phone,console}.jpg. */
export async function keepSmall(stage: Stage, folder: string) {
  const small = path.join(folder, 'small');
  fs.mkdirSync(small, { recursive: true });
  const page = await (await stage.browser.newContext({ deviceScaleFactor: 1 })).newPage();
  for (const [name, as] of Object.entries(WANTED)) {
    const shot = fs.readdirSync(folder).find((file) => file.endsWith(`-${name}.png`));
    if (!shot) continue;
    const source = `data:image/png;base64,${fs.readFileSync(path.join(folder, shot)).toString('base64')}`;
    await page.setContent(`<style>body{margin:0}img{height:${HEIGHT}px;display:block}</style><img src="${source}">`);
    await page.locator('img').screenshot({ path: path.join(small, `${as}.jpg`), type: 'jpeg', quality: 82 });
  }
}
