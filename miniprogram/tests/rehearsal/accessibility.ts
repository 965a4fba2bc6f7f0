// The review desk for everybody: every page is looked over by axe, in light and in dark, and gone through by keyboard.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { Stage } from '../driver.ts';
import { signInStaff } from './console.ts';
import type { Server } from './server.ts';
import { Story } from './steps.ts';

/** WCAG 2.2 AA, and what axe's makers advise beside it. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Found {
  id: string;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** Fails with what is wrong on the page that is open. */
async function lookOver(page: Page, name: string, scheme: string) {
  await page.evaluate(axe.source);
  const { found, passed } = await page.evaluate(async (tags) => {
    const { axe } = window as unknown as { axe: { run(what: Document, how: object): Promise<{ violations: Found[]; passes: unknown[] }> } };
    const { violations, passes } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return { found: violations, passed: passes.length };
  }, RULES);
  if (passed < 10) throw new Error(`${name} (${scheme}): axe looked at next to nothing`);
  if (found.length === 0) return;
  const said = found.map((one) => `${one.id}: ${one.help}\n${one.nodes.map((node) => `  ${node.target.join(' ')}\n    ${node.failureSummary ?? ''}`).join('\n')}`);
  throw new Error(`${name} (${scheme}):\n${said.join('\n')}`);
}

/** Looks the page that is open over in light and in dark. */
export async function inBothLights(page: Page, name: string) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await lookOver(page, name, scheme);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The pages that need nothing to have happened; a case and a person are found through the lists. */
const PAGES = [
  '/console',
  '/console/queue',
  '/console/companies',
  '/console/companies?state=approved',
  '/console/people',
  '/console/search',
  '/console/numbers',
  '/console/payments',
  '/console/finance',
  '/console/catalogue',
  '/console/work',
  '/console/notices',
  '/console/notices/new',
  '/console/staff',
  '/console/staff/new',
  '/console/security',
  '/console/log',
  '/console/no-such-page',
];

/** Every page in light and in dark. */
async function everyPage(server: Server, stage: Stage, page: Page) {
  const first = async (list: string) => {
    await page.goto(`${server.desktop}${list}`);
    const links = page.locator('tbody [data-row] a, tbody tr[data-row] a');
    return (await links.count()) > 0 ? await links.first().getAttribute('href') : null;
  };
  const found = [await first('/console/companies?state=approved'), await first('/console/queue'), await first('/console/staff')];
  const pages = [...PAGES, ...found.filter((path) => path !== null)];
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of pages) {
      await page.goto(`${server.desktop}${path}`);
      await lookOver(page, path, scheme);
    }
    await page.goto(`${server.desktop}/console/numbers`);
    await stage.shot(page, `console-numbers-${scheme}`);
    await page.goto(`${server.desktop}/console/finance`);
    await stage.shot(page, `console-finance-${scheme}`);
    await page.goto(`${server.desktop}/console/catalogue`);
    await stage.shot(page, `console-catalogue-${scheme}`);
    await page.goto(`${server.desktop}/console/queue`);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: '快捷键' }).waitFor();
    await lookOver(page, 'keys', scheme);
    await stage.shot(page, `console-keys-${scheme}`);
    await page.keyboard.press('Escape');
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The door, before anybody has come in. */
async function theDoor(server: Server, page: Page) {
  await page.goto(`${server.desktop}/console/sign-in`);
  await inBothLights(page, 'sign-in');
}

/** The app is set up: the page with the QR code, and the one with the recovery codes, are looked over too. */
async function secondFactor(server: Server, stage: Stage, page: Page) {
  await page.goto(`${server.desktop}/console/security`);
  await page.getByRole('button', { name: '开始设置' }).click();
  await page.waitForURL(/enrol/);
  await inBothLights(page, 'enrol');
  await stage.shot(page, 'console-enrol');
  await page.getByLabel('6 位验证码').fill('000000');
  await page.getByRole('button', { name: '完成设置' }).click();
  await page.getByRole('alert').waitFor();
  await inBothLights(page, 'enrol, refused');
}

/** j and k walk through the notices, Enter opens one, and nothing happens while somebody types. */
async function byKeyboard(server: Server, page: Page) {
  await page.goto(`${server.desktop}/console/staff`);
  await page.keyboard.press('j');
  const here = () => page.evaluate(() => document.activeElement?.closest('[data-row]') !== null);
  if (!(await here())) throw new Error('j goes to no row');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/console\/staff\/[0-9a-f-]{36}/);
  await page.goto(`${server.desktop}/console/search`);
  const field = page.getByRole('textbox');
  await field.focus();
  await page.keyboard.type('jkc?/');
  if ((await field.inputValue()) !== 'jkc?/') throw new Error('keys are swallowed while somebody types');
  if (await page.getByRole('dialog').isVisible()) throw new Error('? opened the help while somebody was typing');
  await page.getByRole('main').click({ position: { x: 5, y: 200 } });
  await page.keyboard.press('/');
  if (!(await field.evaluate((element) => element === document.activeElement))) throw new Error('/ goes to no search');
}

/** The whole walk. */
export async function accessibility(desk: { server: Server; stage: Stage }) {
  const { server, stage } = desk;
  const story = new Story('审核台人人可用', stage);
  const page = await stage.desktop('/console/sign-in');
  await story.step('登录页', [], () => theDoor(server, page));
  await story.step('全部页面，浅色与深色', [], async () => {
    await signInStaff(server, page);
    await everyPage(server, stage, page);
  });
  await story.step('键盘', [], () => byKeyboard(server, page));
  await story.step('两步验证', [], () => secondFactor(server, stage, page));
}
