// The fourth story: 我是法人. The legal representative applies in person, has a personal seal drawn, and pays; two people at the
// review desk reject the application for good, and the money comes back by itself.
import { claim, signInStaff } from './console.ts';
import { order, register, submitCompany, upload } from './desktop.ts';
import { RUICHENG, sample } from './papers.ts';
import { handOff, verifyPerson } from './phone.ts';
import { Story } from './steps.ts';
import { person, type Desk } from './by-code-and-myself.ts';

const SECOND = 'merlin';

export async function theRepresentativeInPerson(desk: Desk) {
  const { server, stage } = desk;
  const story = new Story('我是法人, rejected', stage);
  const me = person(desk, RUICHENG.representative);
  const window = await stage.desktop();
  const phone = await stage.phone(me.openid, { camera: 'drawn' });

  await story.step('注册', [], () => register(server, window, 'faren2026', me.mobile, () => phone.sms(me.mobile, /验证码(\d{6})/)));
  await story.step('个人实名认证', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/person`);
    await handOff(phone, window, 'person');
    await phone.tap('继续办理');
    await verifyPerson(phone, me.name);
    await window.getByText('已完成个人实名认证！').first().waitFor({ timeout: 20_000 });
  });
  await story.step('我是法人：按模板制作个人印章', [], async () => {
    await window.goto(`${server.desktop}/enrol/company`);
    await window.getByRole('button', { name: /我是法人/ }).click();
    await window.locator('#fields').waitFor();
    await upload(window, 'business_licence', await sample(server, `${RUICHENG.id}-licence`));
    await upload(window, 'company_seal', await sample(server, `${RUICHENG.id}-seal`));
    await window.getByRole('button', { name: /按模板制作个人印章/ }).click();
    await window.locator('#representative_seal figure.photo').waitFor();
    await window.locator('#representative_seal').getByText('按模板制作', { exact: true }).waitFor();
    await window.locator('#representative_seal').scrollIntoViewIfNeeded();
    await stage.shot(window, 'desktop-seal-template');
    await window.locator('#email').fill('li@ruicheng.example');
    await window.locator('#email').press('Tab');
    await window.locator('#has_seal_number input[value=no]').check();
    await window.locator('#has_representative_seal_number input[value=no]').check();
    await submitCompany(window);
  });
  await story.step('服务购买：二维码支付', [phone], async () => {
    await order(server, window, RUICHENG, 0);
    await window.getByRole('button', { name: '二维码支付' }).click();
    const code = window.locator('.qr[data-code]');
    await code.waitFor();
    await phone.scanFrom(code);
    await phone.tap('确认支付');
    await window.getByRole('heading', { name: '支付成功！' }).waitFor({ timeout: 20_000 });
  });
  const console_ = await stage.desktop('/console');
  const colleague = await stage.desktop('/console');
  await story.step('不予通过：提请复核', [], async () => {
    await signInStaff(server, console_);
    await console_.goto(`${server.desktop}/console/staff/new`);
    await console_.getByLabel('工号').fill(SECOND);
    await console_.getByLabel('高级审核员').check();
    await console_.getByRole('button', { name: '增加' }).click();
    const password = (await console_.locator('code.secret').innerText()).trim();
    await signInStaff({ ...server, staff: { name: SECOND, password } }, colleague);
    await claim(server, console_, RUICHENG.name);
    const shown = console_.locator('figure.here').getByText('企业法人印模（按模板制作）');
    for (let tries = 0; tries < 8 && !(await shown.isVisible()); tries += 1) await console_.keyboard.press(']');
    await shown.waitFor();
    await stage.shot(console_, 'console-template-seal');
    await console_.locator('#reason_code optgroup[label=不予通过] option').first().waitFor({ state: 'attached' });
    const reason = await console_.locator('#reason_code optgroup[label=不予通过] option').first().getAttribute('value');
    await console_.locator('#reason_code').selectOption(reason);
    await console_.locator('#internal_note').fill('与法定代表人电话核实，本人否认办理');
    await console_.getByRole('button', { name: '不予通过', exact: true }).click();
    await console_.getByRole('button', { name: '提请复核', exact: true }).click();
    await console_.waitForURL(/\/console\/proposals/);
  });
  await story.step('不予通过：另一位同事确认', [], async () => {
    await colleague.goto(`${server.desktop}/console/proposals`);
    await colleague.getByRole('button', { name: '确认', exact: true }).click();
    await colleague.getByText('没有等待复核的事项').waitFor();
    await stage.shot(colleague, 'console-rejected-by-two');
  });
  await story.step('自动全额退款', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/company`);
    await window.getByRole('button', { name: '重新申请' }).waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-rejected');
    await window.goto(`${server.desktop}/enrol/order/list`);
    await window.getByText('已退款').first().waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-refunded');
  });
}
