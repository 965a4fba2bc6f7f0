// What a person does at the desktop, by the labels of the manual.
import type { Page } from 'playwright-core';
import { sample, signedLetter, type SampleCompany } from './papers.ts';
import type { Server } from './server.ts';

export const PASSWORD = 'Kestrel-2026';

/** 注册: captcha, SMS code, three agreements; signed in afterwards. */
export async function register(server: Server, page: Page, account: string, mobile: string, code: () => Promise<string>) {
  await page.goto(`${server.desktop}/`);
  await page.getByRole('link', { name: /海峡纵横供应链采购服务平台/ }).click();
  await page.getByLabel('企业帐号').fill(account);
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByLabel('确认密码').fill(PASSWORD);
  await page.getByLabel('手机号').fill(mobile);
  const id = await page.locator('[name=captcha_id]').inputValue();
  await page.getByRole('textbox', { name: '图形验证码' }).fill(server.readCaptcha(id));
  await page.getByRole('button', { name: '获取验证码' }).click();
  await page.getByRole('button', { name: /重新发送/ }).waitFor();
  await page.getByLabel('短信验证码').fill(await code());
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: '注册' }).click();
  await page.getByRole('heading', { name: '手机证书办理' }).waitFor();
}

/** 登录 by 帐号 + 手机号 + 密码. */
export async function signIn(server: Server, page: Page, account: string, mobile: string) {
  await page.goto(`${server.desktop}/sign-in`);
  await page.getByLabel('帐号').fill(account);
  await page.getByLabel('手机号').fill(mobile);
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('main').getByRole('button', { name: '登录' }).click();
  await page.getByRole('heading', { name: '手机证书办理' }).waitFor();
}

/** Uploads a file into a paper's box of the company form, and waits for its thumbnail. */
export async function upload(page: Page, kind: string, file: { name: string; mimeType: string; buffer: Buffer }) {
  await page.locator(`#${kind} input[type=file]`).setInputFiles(file);
  await page.locator(`#${kind} figure.photo`).waitFor({ timeout: 20_000 });
}

/** Whose papers and numbers a company's form needs. */
interface Helpers {
  representativeOpenid: string;
  representativeMobile: string;
  agent: string;
  /** The letter comes back as a PDF instead of a photo. */
  scanned?: boolean;
}

/** 企业实名认证 as 经办: papers, fields read from them, the letter signed and stamped. */
export async function companyAsAgent(server: Server, page: Page, company: SampleCompany, who: Helpers) {
  await page.goto(`${server.desktop}/enrol/company`);
  await page.getByRole('button', { name: /我是企业经办/ }).click();
  await page.locator('#fields').waitFor();
  await upload(page, 'business_licence', await sample(server, `${company.id}-licence`));
  await upload(page, 'representative_id_portrait', await sample(server, `${who.representativeOpenid}-portrait`));
  await upload(page, 'representative_id_emblem', await sample(server, `${who.representativeOpenid}-emblem`));
  await upload(page, 'company_seal', await sample(server, `${company.id}-seal`));
  await upload(page, 'representative_seal', await sample(server, `${who.representativeOpenid}-seal`));
  const fill = async (field: string, value: string) => {
    const input = page.locator(`#${field}`);
    await input.fill(value);
    await input.press('Tab');
  };
  await fill('name', company.name);
  await fill('code', company.uscc);
  await fill('representative_name', company.representative);
  await fill('representative_mobile', who.representativeMobile);
  await fill('email', 'office@ruicheng.example');
  await page.locator(`#has_seal_number input[value=${company.sealNumber ? 'yes' : 'no'}]`).check();
  if (company.sealNumber) await fill('seal_number', company.sealNumber);
  await page.locator('#has_representative_seal_number input[value=no]').check();
  const link = page.getByRole('link', { name: '下载《授权委托书》' });
  await link.waitFor();
  const pdf = await page.request.get(new URL((await link.getAttribute('href')) ?? '', server.desktop).href);
  if (!pdf.ok()) throw new Error(`the letter: ${pdf.status()} ${await pdf.text()}`);
  await upload(page, 'power_of_attorney', await signedLetter(server, await pdf.body(), company, who.agent, who.scanned ?? false));
}

/** Ticks and submits; the page says 审核中. */
export async function submitCompany(page: Page) {
  await page.locator('#agreed-box input').check();
  await page.getByRole('button', { name: '提交', exact: true }).click();
  await page.getByRole('heading', { name: '已提交企业实名资料！' }).waitFor();
}

/** 服务购买 with authorisations, and the invoice's data; ends before paying. */
export async function order(server: Server, page: Page, company: SampleCompany, authorisations: number) {
  await page.goto(`${server.desktop}/enrol/order`);
  await page.locator('#authorisations').fill(String(authorisations));
  const total = `${400 + 50 * authorisations}.00`;
  await page.getByRole('button', { name: `确认购买：${total}` }).waitFor();
  await page.getByRole('button', { name: `确认购买：${total}` }).click();
  await page.getByRole('heading', { name: '确认发票信息' }).waitFor();
  // The title is the company's own and cannot be changed.
  await page.locator(`#buyer_name[readonly][value="${company.name}"]`).waitFor();
  await page.locator('#email').fill('finance@ruicheng.example');
  await page.locator(`#taxpayer_id[readonly][value="${company.uscc}"]`).waitFor();
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('heading', { name: '订单确认支付' }).waitFor();
}
