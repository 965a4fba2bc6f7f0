// The second story: the same agent for another company; pays inside the mini-program, and names somebody else administrator.
import fs from 'node:fs';
import { approve, claim, exportEvidence, markAndSendBack, sendBack, signInStaff } from './console.ts';
import { companyAsAgent, register, submitCompany } from './desktop.ts';
import { YUNSHAN } from './papers.ts';
import { bindByMobile, buyOnPhone, confirmAdministrator, handOff, pause, verifyPerson } from './phone.ts';
import { Story } from './steps.ts';
import { person, type Desk } from './by-code-and-myself.ts';

export async function inTheMiniProgramAndSomebodyElse(desk: Desk) {
  const { server, stage } = desk;
  const story = new Story('mini-program, another', stage);
  const agent = person(desk, '李建国');
  const representative = person(desk, '陈静');
  const administrator = person(desk, '陈静');
  const window = await stage.desktop();
  const phone = await stage.phone(agent.openid, { camera: 'drawn', dark: true });

  await story.step('注册', [], () => register(server, window, 'yunshan2026', agent.mobile, () => phone.sms(agent.mobile, /验证码(\d{6})/)));
  await story.step('扫码并个人实名认证', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/person`);
    await handOff(phone, window, 'person');
    await phone.tap('继续办理');
    await verifyPerson(phone, agent.name);
    await window.getByText('已完成个人实名认证！').first().waitFor({ timeout: 20_000 });
    await phone.shot('phone-dark-person-done');
  });
  await story.step('企业实名认证', [], async () => {
    await companyAsAgent(server, window, YUNSHAN, {
      representativeOpenid: representative.openid,
      representativeMobile: representative.mobile,
      agent: agent.name,
      scanned: true,
    });
    await window.locator('#power_of_attorney').scrollIntoViewIfNeeded();
    await stage.shot(window, 'desktop-letter-pdf');
    await submitCompany(window);
  });
  await story.step('小程序支付', [phone], async () => {
    await buyOnPhone(phone, YUNSHAN);
    await phone.told('pages/orders/orders');
    await phone.shot('phone-dark-paid');
  });
  await story.step('指定他人为管理员', [], async () => {
    await window.goto(`${server.desktop}/enrol/administrator`);
    await window.getByRole('link', { name: '请点击这里' }).click();
    await window.getByLabel('姓名').fill(administrator.name);
    await window.getByLabel('手机号').fill(administrator.mobile);
    await window.getByRole('button', { name: '获取验证码' }).click();
    await window.getByRole('button', { name: /重新发送/ }).waitFor();
    await window.locator('#sms_code').fill(await phone.sms(administrator.mobile, /管理员，验证码(\d{6})/));
    await stage.shot(window, 'desktop-administrator-other');
    await window.getByRole('button', { name: '确认', exact: true }).click();
    await window.getByText(/等待.*在手机上确认/).waitFor();
  });
  const theirs = await stage.phone(administrator.openid, { camera: 'drawn' });
  await story.step('被指定的管理员确认', [theirs], async () => {
    await bindByMobile(theirs);
    await verifyPerson(theirs, administrator.name);
    await theirs.see(/已完成个人实名认证/, 20_000);
    await theirs.start('/packages/administrator/pages/step/step');
    await confirmAdministrator(theirs, '604927');
    await window.getByText('管理员已确认').first().waitFor({ timeout: 20_000 });
    await theirs.shot('phone-other-administrator');
  });
  const console_ = await stage.desktop('/console');
  await story.step('退回：在图上标记', [], async () => {
    await console_.setViewportSize({ width: 1600, height: 1000 });
    await signInStaff(server, console_);
    await claim(server, console_, YUNSHAN.name);
    await markAndSendBack(console_, { word: 'company_seal', reason: '企业印模不清晰', note: '右半边没有盖上' });
    await stage.shot(console_, 'console-marked');
    await sendBack(console_);
  });
  await story.step('手机上重拍并重新提交', [phone], async () => {
    await phone.start('/packages/company/pages/step/step');
    await phone.see('审核人员请您重新上传这一张');
    await phone.see(/右半边没有盖上/);
    await phone.see(/红框标出/);
    await pause();
    await phone.shot('phone-dark-marked');
    await window.goto(`${server.desktop}/enrol/company`);
    await stage.shot(window, 'desktop-returned');
    await phone.tap('重新拍摄');
    await phone.photograph(`企业印模：${YUNSHAN.name}`);
    await phone.role('button', /已上传/).first().waitFor({ timeout: 20_000 });
    await window.goto(`${server.desktop}/enrol/company`);
    await submitCompany(window);
  });
  await story.step('审核通过并激活', [], async () => {
    await claim(server, console_, YUNSHAN.name);
    await console_.getByText('第 1 次修改后提交').waitFor();
    await stage.shot(console_, 'console-before-and-after');
    await approve(console_);
    await window.goto(`${server.desktop}/enrol/certificate`);
    await window.getByText('证书已激活').first().waitFor({ timeout: 20_000 });
    await stage.shot(window, 'desktop-second-certificate');
  });
  await story.step('证据文件：导出并离线校验', [], async () => {
    const file = await exportEvidence(server, console_, YUNSHAN.name, desk.out);
    const said = server.verifyEvidence(file);
    if (!said.includes('校验通过')) throw new Error(said);
    const bytes = fs.readFileSync(file);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    fs.writeFileSync(file, bytes);
    let found = false;
    try {
      server.verifyEvidence(file);
    } catch {
      found = true;
    }
    fs.rmSync(file);
    if (!found) throw new Error('a changed byte was not found');
  });
}
