// What a person does on the phone, by the labels of the manual.
import type { Page } from 'playwright-core';
import type { Phone } from '../driver.ts';

/** Two taps on the same button within its guard time count as one; a person is slower anyway. */
export const pause = (ms = 700) => new Promise((resolve) => setTimeout(resolve, ms));

/** Scans the desktop's QR code with WeChat and confirms what is asked. */
export async function handOff(phone: Phone, desktop: Page, purpose: string) {
  const code = desktop.locator(`#handoff-${purpose} .qr`);
  await code.waitFor();
  await phone.scanFrom(code);
  await phone.see('电脑请求在手机上继续');
  await phone.tap('是我，继续');
  await phone.see('已确认');
}

/** WeChat kills the mini-program; opened again at a step, it comes back where the person was. */
export async function killed(phone: Phone, step: 'person' | 'company', at: string | RegExp) {
  await phone.start(`/packages/${step}/pages/step/step`);
  await phone.see(at);
}

/** 身份验证: both sides of the card, and what they say. */
export async function showCard(phone: Phone, name: string, between: (at: string) => Promise<void> = async () => undefined) {
  await phone.see('身份验证');
  await phone.tap(/点击拍摄\/上传人像面/);
  await phone.photograph(`身份证人像面：${name}`);
  await phone.role('button', /上传人像面，已上传/).waitFor({ timeout: 20_000 });
  await between('身份验证');
  await phone.tap(/点击拍摄\/上传国徽面/);
  await phone.photograph(`身份证国徽面：${name}`);
  await phone.role('button', /上传国徽面，已上传/).waitFor({ timeout: 20_000 });
  await phone.shot('phone-person-photos');
  await phone.tap('开始人脸识别');
  await phone.see('核对证件信息');
  await between('核对证件信息');
  await phone.tap('信息无误，下一步');
  await phone.see('授权认证');
  await between('授权认证');
}

/** 个人实名认证: the card, three consents, the number read aloud. */
export async function verifyPerson(phone: Phone, name: string) {
  await showCard(phone, name);
  for (const text of [/个人信息使用授权书/, /人脸信息网络传输同意书/, /提供个人信息的同意书/]) await phone.tap(text, 'checkbox');
  await phone.tap('同意授权，并继续');
  await phone.tap('已记住，进入录制');
  await phone.tap('开始录制');
  await pause(2500);
  await phone.tap('读完了');
}

/** 确认管理员: reads the duties, sets the PIN twice, confirms; the two halves of the key are made meanwhile. */
export async function confirmAdministrator(phone: Phone, pin: string) {
  await phone.see(/管理员拥有使用已购买的手机证书/);
  await phone.tap('设置 PIN 码并确认');
  await phone.type('PIN 码', pin);
  await phone.type('再输入一次', pin);
  await pause();
  await phone.tap('确认');
  await phone.see('管理员已确认', 30_000);
}

/** Signs in by the mobile number that WeChat has verified: whoever was named has no password. */
export async function bindByMobile(phone: Phone) {
  await phone.start('/packages/administrator/pages/step/step');
  await phone.see('您被指定为企业证书管理员');
  await phone.tap('微信手机号登录');
  await phone.tap('允许');
  await phone.tap('去完成个人实名认证');
}

/** 服务购买 in the mini-program: the invoice's data, WeChat Pay's sheet; the server says that it is paid. */
export async function buyOnPhone(phone: Phone, company: { name: string; uscc: string }) {
  await phone.start('/packages/order/pages/step/step');
  await phone.tap(/确认购买/);
  await phone.see(company.name);
  await phone.type('电子邮箱', 'finance@yunshan.example');
  await phone.see(company.uscc);
  await phone.tap('下一步');
  await phone.see('掌证 申请发送一次以下消息');
  await phone.tap('允许');
  await phone.see('支付金额');
  await pause();
  await phone.tap('去支付');
  await phone.tap('确认支付');
  await phone.see('支付成功！', 20_000);
}
