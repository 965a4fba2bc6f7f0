// The third story: an agent who declines the face check is called back; the legal representative confirms on the phone, and
// no paper is signed.
import { approve, callAndApprove, claim, signInStaff } from './console.ts';
import { register, submitCompany, upload } from './desktop.ts';
import { RUICHENG, sample } from './papers.ts';
import { handOff, killed, showCard, verifyPerson } from './phone.ts';
import { Story } from './steps.ts';
import { person, type Desk } from './by-code-and-myself.ts';

export async function withoutPaperAndWithoutFace(desk: Desk) {
  const { server, stage } = desk;
  const story = new Story('no paper, no face', stage);
  const agent = person(desk, '王芳');
  const representative = person(desk, '李建国');
  const window = await stage.desktop();
  const phone = await stage.phone(agent.openid, { camera: 'drawn' });
  const console_ = await stage.desktop('/console');

  await story.step('注册', [], () => register(server, window, 'ruicheng26', agent.mobile, () => phone.sms(agent.mobile, /验证码(\d{6})/)));
  await story.step('不采集人脸：预约回访', [phone], async () => {
    await window.goto(`${server.desktop}/enrol/person`);
    await handOff(phone, window, 'person');
    await phone.tap('继续办理');
    await showCard(phone, agent.name, (at) => killed(phone, 'person', at));
    await phone.shot('phone-consents-asked');
    await phone.tap('不同意采集人脸，申请人工审核');
    await phone.see('请选择回访时间（北京时间）');
    await phone.tap(/月.*日 周/, 'radio');
    await phone.tap(/我已阅读并同意/, 'checkbox');
    await phone.shot('phone-call-back');
    await phone.tap('提交，等待回访');
    await phone.see(/已预约/);
    await phone.shot('phone-call-back-asked');
    await killed(phone, 'person', '已转人工审核');
    await window.getByText('已转人工审核').first().waitFor({ timeout: 20_000 });
  });
  await story.step('审核台：回访并通过', [], async () => {
    await signInStaff(server, console_);
    await callAndApprove(server, console_, agent.name, () => stage.shot(console_, 'console-call-back'));
    await window.getByText('已完成个人实名认证！').first().waitFor({ timeout: 20_000 });
  });
  await story.step('企业实名认证：邀请法定代表人', [], async () => {
    await window.goto(`${server.desktop}/enrol/company`);
    await window.getByRole('button', { name: /我是企业经办/ }).click();
    await window.getByRole('button', { name: /法定代表人在线确认/ }).click();
    await window.locator('#invitation').waitFor();
    await upload(window, 'business_licence', await sample(server, `${RUICHENG.id}-licence`));
    await upload(window, 'company_seal', await sample(server, `${RUICHENG.id}-seal`));
    await upload(window, 'representative_seal', await sample(server, `${representative.openid}-seal`));
    const fill = async (field: string, value: string) => {
      await window.locator(`#${field}`).fill(value);
      await window.locator(`#${field}`).press('Tab');
    };
    await fill('name', RUICHENG.name);
    await fill('code', RUICHENG.uscc);
    await fill('representative_name', RUICHENG.representative);
    await fill('representative_mobile', representative.mobile);
    await fill('email', 'office@ruicheng.example');
    await window.locator('#has_seal_number input[value=no]').check();
    await window.locator('#has_representative_seal_number input[value=no]').check();
    await window.getByRole('button', { name: '邀请法定代表人', exact: true }).click();
    await window.locator('#invitation .qr').waitFor();
    await stage.shot(window, 'desktop-invitation');
  });
  await story.step('经办人的手机：同一份邀请', [phone], async () => {
    await killed(phone, 'company', '企业实名认证');
    await phone.tap(/法定代表人在线确认/);
    await phone.see(/等待法定代表人/);
    await phone.page.locator('image.qr, wx-image.qr').first().waitFor();
    await phone.shot('phone-invite');
    await phone.tap('微信转发给法定代表人');
  });
  const theirs = await stage.phone(representative.openid, { camera: 'drawn' });
  await story.step('法定代表人：扫码、实名、确认', [theirs, phone], async () => {
    await theirs.scanFrom(window.locator('#invitation .qr'));
    await theirs.see('请您确认企业证书申请');
    await theirs.shot('phone-invitation-asked');
    await theirs.tap('用微信手机号打开');
    await theirs.tap('允许');
    await theirs.see('请先完成个人实名认证');
    await killed(theirs, 'company', '请先完成个人实名认证');
    await theirs.tap('去个人实名认证');
    await verifyPerson(theirs, representative.name);
    await theirs.see(/已完成个人实名认证/, 20_000);
    await theirs.tap('继续办理');
    await theirs.see('请核对以下内容');
    await killed(theirs, 'company', '请核对以下内容');
    await theirs.tap(/我已阅读以上内容/, 'checkbox');
    await theirs.shot('phone-invitation-statement');
    await theirs.tap('确认');
    await theirs.see('已确认');
    await theirs.shot('phone-invitation-confirmed');
    await window.locator('#invitation[data-status=confirmed]').waitFor({ timeout: 20_000 });
    await phone.see('法定代表人已在手机上确认');
    await stage.shot(window, 'desktop-invitation-confirmed');
  });
  await story.step('提交并审核通过', [], async () => {
    await submitCompany(window);
    await claim(server, console_, RUICHENG.name);
    await console_.getByRole('heading', { name: /法定代表人在线确认/ }).waitFor();
    await stage.shot(console_, 'console-without-paper');
    await approve(console_);
  });
  await story.step('我的授权', [theirs], async () => {
    await theirs.start('/packages/person/pages/consents/consents');
    await theirs.see('我的授权');
    await theirs.tap('撤回同意');
    await theirs.see(/已撤回/);
    await theirs.shot('phone-consents');
    await window.goto(`${server.desktop}/consents`);
    await stage.shot(window, 'desktop-consents');
  });
}
