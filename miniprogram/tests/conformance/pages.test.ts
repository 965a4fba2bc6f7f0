// The app's own pages on the host, against a double of our API.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { buildPhone } from '../../simulator/build/phone.ts';
import { APP } from '../../simulator/build/paths.ts';
import { Stage, type Phone } from '../driver.ts';
import { Stub, TICKET } from '../stub.ts';
import { serve, type Served } from '../support/server.ts';

let out: string;
let server: Served;
let stage: Stage;
let stub = new Stub();

before(async () => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'pages-'));
  const report = await buildPhone({ app: APP, out });
  assert.deepEqual(report.problems, []);
  assert.ok((report.sizes[''] ?? 0) < 1024 * 1024, 'main package below 1 MB');
  server = await serve(out, (a) => stub.answer(a));
  stage = await Stage.open({ phoneUrl: server.url, shots: process.env.SHOTS });
});

beforeEach(() => {
  stub = new Stub();
});

after(async () => {
  await stage?.close();
  await server?.close();
  fs.rmSync(out, { recursive: true, force: true });
});

/** A phone whose owner is signed in and looks at the home page. */
async function signedIn(openid: string, options = {}): Promise<Phone> {
  stub.bound.add(`code-${openid}`);
  const phone = await stage.phone(openid, options);
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
  await phone.tap('微信一键登录');
  await phone.see('rongcheng01');
  return phone;
}

test('first sign-in: bind once, mistakes are named, later one tap', async () => {
  const phone = await stage.phone('new');
  await phone.see('企业手机证书，五步办好');
  await phone.shot('home-signed-out');
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
  await phone.shot('sign-in');
  await phone.tap('微信一键登录');
  await phone.see('第一次登录，请绑定帐号');
  await phone.type('企业帐号', 'ab');
  await phone.type('手机号', '1990000');
  await phone.page.waitForTimeout(650);
  await phone.tap('绑定并登录');
  await phone.see('手机号是 11 位数字，请检查。');
  await phone.shot('bind-mistakes');
  assert.equal(stub.seen.filter((x) => x.includes('bind')).length, 0, 'nothing is sent while a field is wrong');
  await phone.type('企业帐号', 'rongcheng01');
  await phone.type('手机号', '19900000001');
  await phone.type('密码', 'wrong');
  await phone.page.waitForTimeout(650);
  await phone.tap('绑定并登录');
  await phone.see('帐号、手机号或密码不对，请检查。');
  await phone.type('密码', 'correct horse 1');
  await phone.page.waitForTimeout(650);
  await phone.tap('绑定并登录');
  await phone.see('rongcheng01');
  await phone.start();
  await phone.see('rongcheng01');
});

test('home: five steps with state, reason, next; a step opens its own sub-package', async () => {
  const phone = await signedIn('home');
  for (const text of ['个人实名认证', '营业执照照片有反光，看不清登记日期', '更正营业执照', '需更正', '审核中', '未开放']) await phone.see(text);
  await phone.shot('home');
  await phone.tap(/^企业实名认证，需更正/);
  await phone.at('packages/company/pages/step/step');
  await phone.tap('返回');
  await phone.tap(/^确认管理员，审核中/);
  await phone.at('packages/administrator/pages/step/step');
});

test('home: the service is busy, then back; the network is gone, then back', async () => {
  const phone = await signedIn('busy');
  stub.down = true;
  await phone.start();
  await phone.see('服务暂时繁忙');
  stub.down = false;
  await phone.tap('重试');
  await phone.see('rongcheng01');
});

test('a session that ended elsewhere leads back to sign-in', async () => {
  const phone = await signedIn('ended');
  stub.signedIn.clear();
  await phone.start();
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
});

test('mine: who am I, switch account, sign out', async () => {
  const phone = await signedIn('mine');
  await phone.tap('我的');
  await phone.see('199****0001');
  await phone.shot('mine');
  await phone.tap('minjiang88');
  await phone.see('已切换到 minjiang88');
  await phone.tap('退出所有设备');
  await phone.tap('取消');
  await phone.page.waitForTimeout(650);
  await phone.tap('退出登录');
  await phone.see('还没有登录');
  await phone.shot('mine-signed-out');
});

test('hand-off by link: shows who asks, confirm signs in', async () => {
  const phone = await stage.phone('scan', { path: `/pages/handoff/handoff?q=${encodeURIComponent(`https://m.zhangzheng.example/q/?t=${TICKET}`)}`, scene: 1011 });
  for (const text of ['电脑请求在手机上继续', 'Edge 138', 'Windows 11', '福建 福州', 'rongcheng01']) await phone.see(text);
  await phone.shot('handoff');
  await phone.tap('是我，继续');
  await phone.see('已确认');
  await phone.shot('handoff-confirmed');
  await phone.tap('继续办理');
  await phone.at('packages/person/pages/step/step');
  assert.equal(phone.taps, 2);
});

test('hand-off by mini-program code: refuse', async () => {
  const phone = await stage.phone('refuse', { path: `/pages/handoff/handoff?scene=${TICKET}`, scene: 1047 });
  await phone.tap('不是我');
  await phone.see('已拒绝');
  assert.equal(stub.handoffState, 'refused');
});

test('hand-off: damaged and expired codes say what to do', async () => {
  const damaged = await stage.phone('damaged', { path: '/pages/handoff/handoff?q=https%3A%2F%2Felsewhere.example%2F' });
  await damaged.see('这个二维码读不出来');
  stub.handoffState = 'expired';
  const late = await stage.phone('late', { path: `/pages/handoff/handoff?scene=${TICKET}` });
  await late.see('这个二维码已失效');
  await late.shot('handoff-expired');
});

test('scan inside the app', async () => {
  const phone = await stage.phone('inside');
  await phone.tap('扫一扫电脑上的二维码');
  await phone.page.getByLabel('二维码内容').fill(`https://m.zhangzheng.example/q/?t=${TICKET}`);
  await phone.shot('scanner');
  await phone.tap('识别');
  await phone.see('电脑请求在手机上继续');
});

test('dark, elders’ size, narrow and wide: nothing runs out of the screen', async () => {
  for (const [name, options] of Object.entries({ dark: { dark: true }, elder: { fontScale: 1.4 }, narrow: { width: 320, height: 640 }, wide: { width: 430, height: 932 } })) {
    const phone = await signedIn(name, options);
    await phone.see('个人实名认证');
    const wide = await phone.page.evaluate(() => {
      const view = document.querySelector('.mp-page:not([hidden]) .mp-scroll')!;
      return view.scrollWidth - view.clientWidth;
    });
    assert.equal(wide, 0, name);
    await phone.shot(`home-${name}`);
    const small = await phone.page.evaluate(() =>
      [...document.querySelectorAll('.mp-page:not([hidden]) wx-button, .mp-page:not([hidden]) [role=button]')]
        .map((e) => ({ name: e.getAttribute('aria-label'), height: e.getBoundingClientRect().height }))
        .filter((e) => e.height < 44),
    );
    assert.deepEqual(small, [], `${name}: targets of 44 px`);
    if (name === 'dark') {
      await phone.tap('我的');
      await phone.shot('mine-dark');
    }
  }
});
