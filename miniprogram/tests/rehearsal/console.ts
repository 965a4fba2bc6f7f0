// What a reviewer does at the review desk.
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Server } from './server.ts';

/** Signs in with the first staff's name and password. */
export async function signInStaff(server: Server, page: Page) {
  await page.goto(`${server.desktop}/console`);
  await page.getByLabel('工号').fill(server.staff.name);
  await page.getByLabel('密码').fill(server.staff.password);
  await page.getByRole('button', { name: '登录' }).click();
  await page.waitForURL((url) => !url.pathname.includes('sign-in'));
}

/** Takes the case of a company. */
export async function claim(server: Server, page: Page, company: string) {
  await page.goto(`${server.desktop}/console/companies`);
  await page.getByRole('link', { name: company }).click();
  await page.getByRole('button', { name: '领取' }).click();
  await page.getByText('我已领取').waitFor();
}

/** Approves the case that is open. */
export async function approve(page: Page) {
  await page.getByRole('button', { name: '通过', exact: true }).click();
  await page.waitForURL(/\/console\/companies(\?|$)|next/);
}

/** Returns one item with its own reason and note, and a place drawn on its picture with the mouse. */
export async function markAndSendBack(page: Page, item: { word: string; reason: string; note: string }) {
  const row = page.locator(`[data-item="${item.word}"]`);
  await row.getByRole('combobox').selectOption({ label: item.reason });
  await row.getByPlaceholder('补充说明（申请人可见）').fill(item.note);
  await row.getByRole('button', { name: '在图上标记' }).click();
  const box = await page.locator('figure.here .frame').boundingBox();
  if (!box) throw new Error('no picture to draw on');
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.6, { steps: 4 });
  await page.mouse.up();
  await row.getByRole('button', { name: '修改标记' }).waitFor();
}

/** Takes the evidence file of a decided case away, papers included; gives its path. */
export async function exportEvidence(server: Server, page: Page, company: string, folder: string): Promise<string> {
  await page.goto(`${server.desktop}/console/companies?state=approved`);
  await page.getByRole('link', { name: company }).click();
  await page.getByLabel('附上材料原图').check();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出证据文件' }).click()]);
  const file = path.join(folder, 'evidence.tar');
  await download.saveAs(file);
  return file;
}

/** Sends it back as marked. */
export async function sendBack(page: Page) {
  await page.getByRole('button', { name: '退回修改' }).click();
  await page.waitForURL(/\/console\/companies(\?|$)|next/);
}

/** 人工审核: takes the case, writes the call down, shows it, and approves. */
export async function callAndApprove(server: Server, page: Page, name: string, look: () => Promise<unknown>) {
  await page.goto(`${server.desktop}/console/people`);
  await page.locator('tbody a').first().click();
  await page.getByRole('heading', { name: new RegExp(name) }).waitFor();
  await page.getByRole('button', { name: '领取' }).click();
  await page.getByText('我已领取').waitFor();
  await page.getByLabel('本人确认办理').check();
  await page.getByLabel('回访记录').fill('已核对姓名和证件号后四位');
  await page.getByRole('button', { name: '登记回访' }).click();
  await page.getByRole('cell', { name: '本人确认办理' }).waitFor();
  await look();
  await page.getByRole('button', { name: '通过', exact: true }).click();
  await page.waitForURL(/\/console\/people(\?|$)/);
}
