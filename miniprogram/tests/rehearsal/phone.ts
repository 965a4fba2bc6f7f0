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
  await phone.tap('确认');
}

/** 个人实名认证: both sides of the card, the fields, two consents, the number read aloud. */
export async function verifyPerson(phone: Phone, name: string) {
  await phone.see('身份验证');
  await phone.tap(/点击拍摄\/上传人像面/);
  await phone.photograph(`身份证人像面：${name}`);
  await phone.see(/已上传|重新拍摄/, 20_000);
  await phone.tap(/点击拍摄\/上传国徽面/);
  await phone.photograph(`身份证国徽面：${name}`);
  await pause(1500);
  await phone.tap('开始人脸识别');
  await phone.see('核对证件信息');
  await phone.tap('信息无误，下一步');
  await phone.see('授权认证');
  for (const text of [/个人信息使用授权书/, /提供个人信息的同意书/]) await phone.tap(text, 'checkbox');
  await phone.tap('同意授权，并继续');
  await phone.tap('已记住，进入录制');
  await phone.tap('开始录制');
  await pause(2500);
  await phone.tap('读完了');
}
