// The first story: the agent pays by QR code from the desktop and is the administrator herself.
import fs from 'node:fs';
import path from 'node:path';
import { inBothLights } from './accessibility.ts';
import { checkChain } from './chain.ts';
import { approve, claim, signInStaff } from './console.ts';
import { companyAsAgent, order, register, signIn, submitCompany } from './desktop.ts';
import { RUICHENG, type Person } from './papers.ts';
import { confirmAdministrator, handOff, verifyPerson } from './phone.ts';
import type { Server } from './server.ts';
import { Story } from './steps.ts';
import type { Page } from 'playwright-core';
import type { Stage } from '../driver.ts';

/** Everything a story needs. */
export interface Desk {
  server: Server;
  stage: Stage;
  people: Map<string, Person & { id_number?: string }>;
  out: string;
}

/** A person of the desk. */
export function person(desk: Desk, name: string): Person {
  const found = desk.people.get(name);
  if (!found) throw new Error(`nobody on the desk is called ${name}`);
  return found;
}

export async function byCodeAndMyself(desk: Desk) {
  const { server, stage } = desk;
  const story = new Story('QR code, myself', stage);
  const agent = person(desk, '王芳');
  const representative = person(desk, '李建国');
  const window = await stage.desktop();
  const phone = await stage.phone(agent.openid, { camera: 'drawn' });

  await story.step('注册', [], async () => {
    await stage.shot(window, 'desktop-home');
    await register(server, window, 'zyying016', agent.mobile, () => phone.sms(agent.mobile, /验证码(\d{6})/));
    await stage.shot(window, 'desktop-enrol');
  });
  await story.step('退出并登录', [], async () => {
    await window.locator('.menu summary').click();
    await window.getByRole('button', { name: '退出登录' }).click();
    await window.waitForURL((url) => !url.pathname.startsWith('/enrol'));
    await signIn(server, window, 'zyying016', agent.mobile);
  });
  await story.step('扫码接力', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/person`);
    await window.locator('#handoff-person .qr').waitFor();
    await stage.shot(window, 'desktop-person-code');
    await handOff(phone, window, 'person');
    await phone.shot('phone-handoff-confirmed');
  });
  await story.step('个人实名认证', [phone], async () => {
    await phone.tap('继续办理');
    await verifyPerson(phone, agent.name);
    await window.getByText('已完成个人实名认证！').first().waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-person-done');
    await phone.shot('phone-person-done');
  });
  await story.step('企业实名认证：填写', [], async () => {
    await companyAsAgent(server, window, RUICHENG, {
      representativeOpenid: representative.openid,
      representativeMobile: representative.mobile,
      agent: agent.name,
    });
    await stage.shot(window, 'desktop-company-form');
  });
  await story.step('企业实名认证：提交', [], async () => {
    await submitCompany(window);
    await stage.shot(window, 'desktop-company-submitted');
  });
  await story.step('服务购买：下单与发票', [], async () => {
    await order(server, window, RUICHENG, 1);
    await stage.shot(window, 'desktop-order-pay');
  });
  await story.step('服务购买：二维码支付', [phone], async () => {
    await window.getByRole('button', { name: '二维码支付' }).click();
    const code = window.locator('.qr[data-code]');
    await code.waitFor();
    await stage.shot(window, 'desktop-order-code');
    await phone.scanFrom(code);
    await phone.shot('phone-payment-sheet');
    await phone.tap('确认支付');
    await window.getByRole('heading', { name: '支付成功！' }).waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-order-paid');
    await window.getByRole('link', { name: '下一步' }).click();
  });
  await story.step('确认管理员：我是管理员', [phone], async () => {
    await window.getByRole('button', { name: '提交', exact: true }).click();
    await window.getByRole('heading', { name: '是否确认设定当前账号为管理员！' }).waitFor();
    await stage.shot(window, 'desktop-administrator-ask');
    await window.getByRole('button', { name: '确认', exact: true }).click();
    await handOff(phone, window, 'administrator');
    await phone.tap('继续办理');
    await confirmAdministrator(phone, '831749');
    await window.getByText('管理员已确认').first().waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-administrator-done');
    await phone.shot('phone-administrator-done');
  });
  await story.step('审核通过', [], async () => {
    const console_ = await stage.desktop('/console');
    await signInStaff(server, console_);
    await stage.shot(console_, 'console-overview');
    await console_.goto(`${server.desktop}/console/queue`);
    await inBothLights(console_, 'the queue with a case');
    await stage.shot(console_, 'console-queue-waiting');
    await claim(server, console_, RUICHENG.name);
    await console_.waitForLoadState('networkidle');
    await stage.shot(console_, 'console-case');
    await inBothLights(console_, 'a case');
    await approve(console_);
    await stage.shot(console_, 'console-queue');
  });
  await story.step('激活证书', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/certificate`);
    await window.getByText('证书已激活').first().waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-certificate');
    await phone.start('/packages/certificate/pages/step/step');
    await phone.see(/证书已激活/);
    await phone.shot('phone-certificate');
    for (const name of ['certificate', 'chain']) {
      const pem = await window.request.get(`${server.desktop}/enrol/certificate/${name}.pem`);
      if (!pem.ok()) throw new Error(`${name}.pem: ${pem.status()}`);
      fs.writeFileSync(path.join(desk.out, `${name}.pem`), await pem.body());
    }
    checkChain(fs.readFileSync(path.join(desk.out, 'chain.pem'), 'utf8'), RUICHENG.name);
    await inBothLights(window, 'the certificate');
  });
  await checked(desk, window);
  await story.step('查看发票', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/order/list`);
    await window.getByRole('link', { name: '查看发票' }).click();
    await window.getByRole('link', { name: '下载发票（PDF）' }).waitFor({ timeout: 60_000 });
    await window.getByText('f***@ruicheng.example').waitFor({ timeout: 30_000 });
    await stage.shot(window, 'desktop-invoice');
    await inBothLights(window, 'the invoice');
    const link = await window.getByRole('link', { name: '下载发票（PDF）' }).getAttribute('href');
    const pdf = await window.request.get(`${server.desktop}${link}`);
    fs.writeFileSync(path.join(desk.out, 'invoice.pdf'), await pdf.body());
    await phone.start('/pages/orders/orders');
    await phone.tap('查看发票');
    await phone.see('打开发票（PDF）');
    await phone.shot('phone-invoice');
  });
}

/** Anybody checks the certificate by the link of its code, and the seal by its file: on a phone's screen and at a desktop. */
async function checked({ stage, server, out }: Desk, window: Page) {
  await window.getByRole('link', { name: '下载企业电子印章' }).waitFor();
  const seal = path.join(out, 'company.esl');
  const file = await window.request.get(`${server.desktop}/enrol/certificate/structures/company.esl`);
  if (!file.ok()) throw new Error(`company.esl: ${file.status()}`);
  fs.writeFileSync(seal, await file.body());
  const link = await window.getByRole('link', { name: '查验此证书' }).getAttribute('href');
  const stranger = await stage.desktop('/check');
  await inBothLights(stranger, 'checking');
  await stage.shot(stranger, 'desktop-check');
  await stranger.setInputFiles('input[name=file]', seal);
  await stranger.getByRole('button', { name: '查验文件' }).click();
  await stranger.getByText('有效：由本机构签发').waitFor();
  await inBothLights(stranger, 'a checked seal');
  await stage.shot(stranger, 'desktop-checked-seal');
  await stranger.setViewportSize({ width: 390, height: 844 });
  await stranger.goto(link ?? '');
  await stranger.getByText(RUICHENG.name).waitFor();
  await inBothLights(stranger, 'a checked certificate');
  await stage.shot(stranger, 'phone-checked-certificate');
  const wide = await stranger.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  if (wide) throw new Error('the page is wider than the phone');
  await stranger.close();
}
