// The app's own pages on the real server: signing in, home, mine, hand-off; what people meet first, and what may go wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, type Phone, type PhoneOptions } from '../driver.ts';
import { PASSWORD, register } from '../rehearsal/desktop.ts';
import { people } from '../rehearsal/papers.ts';
import { startServer, type Server } from '../rehearsal/server.ts';
import type { Page } from 'playwright-core';

let server: Server;
let stage: Stage;
/** People on the desk, each with a WeChat of their own. */
let openids: string[];
let accounts = 0;
/** Reads everybody's SMS. */
let inbox: Phone;

before(async () => {
  server = await startServer();
  stage = await Stage.open({ phoneUrl: server.phone, desktopUrl: server.desktop, shots: process.env.SHOTS });
  openids = [...(await people(server)).values()].map((person) => person.openid);
  inbox = await stage.phone(openids[0]!);
});

after(async () => {
  await stage?.close();
  await server?.stop();
});

interface Account {
  name: string;
  mobile: string;
  window: Page;
}

/** A new account, registered at a desktop that stays signed in. */
async function account(): Promise<Account> {
  const number = ++accounts;
  const name = `rongcheng${String(number).padStart(2, '0')}`;
  const mobile = `1991111${String(number).padStart(4, '0')}`;
  const window = await stage.desktop();
  await register(server, window, name, mobile, () => inbox.sms(mobile, /验证码(\d{6})/));
  return { name, mobile, window };
}

/** Two taps within the guard time count as one: people are slower. */
const slowly = (phone: Phone) => phone.page.waitForTimeout(650);

async function bind(phone: Phone, { name, mobile }: Account, password = PASSWORD) {
  await phone.type('企业帐号', name);
  await phone.type('手机号', mobile);
  await phone.type('密码', password);
  await slowly(phone);
  await phone.tap('绑定并登录');
}

/** A phone bound to the account just now. */
async function signedIn(of: Account, openid: string, options: PhoneOptions = {}): Promise<Phone> {
  const phone = await stage.phone(openid, options);
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
  await phone.tap('微信一键登录');
  await phone.see('第一次登录，请绑定帐号');
  await bind(phone, of);
  await phone.see(of.name);
  return phone;
}

/** Undoes the binding, so that the next test meets this WeChat as new. */
async function unbind(phone: Phone) {
  await phone.start();
  await phone.tap('我的');
  await phone.tap('解除微信绑定');
  await phone.tap('确定');
  await phone.see('还没有登录');
}

/** The link in the desktop's QR code. */
async function link({ window }: Account): Promise<string> {
  await window.goto(`${server.desktop}/enrol/person`);
  const shown = window.locator('#handoff-person [data-copy]');
  await shown.waitFor();
  return (await shown.getAttribute('data-copy')) ?? '';
}

const scanned = (text: string) => ({ path: `/pages/handoff/handoff?q=${encodeURIComponent(text)}`, scene: 1011 });

test('first sign-in binds once, mistakes are named, later one tap; then home, mine, and signing out', async () => {
  const own = await account();
  const phone = await stage.phone(openids[0]!);
  await phone.see('企业手机证书，五步办好');
  await phone.shot('home-signed-out');
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
  await phone.tap('微信一键登录');
  await phone.see('第一次登录，请绑定帐号');
  await phone.type('企业帐号', 'ab');
  await phone.type('手机号', '1990000');
  await slowly(phone);
  await phone.tap('绑定并登录');
  await phone.see('手机号是 11 位数字，请检查。');
  const sent = async () => (await phone.calls('request')).filter((call) => JSON.stringify(call.args).includes('/api/wechat/bind')).length;
  assert.equal(await sent(), 0, 'nothing is sent while a field is wrong');
  await bind(phone, own, 'Wrong-password-1');
  await phone.see(/不正确|不对/);
  assert.equal(await sent(), 1);
  await phone.shot('bind-refused');
  await bind(phone, own);
  await phone.see(own.name);
  await phone.start();
  await phone.see(own.name);
  for (const text of ['个人实名认证', '企业实名认证', '服务购买', '确认管理员', '激活证书', '未开放']) await phone.see(text);
  await phone.shot('home');
  await phone.tap(/^个人实名认证/);
  await phone.at('packages/person/pages/step/step');
  await phone.tap('返回');
  await phone.tap('我的');
  await phone.see(`${own.mobile.slice(0, 3)}****${own.mobile.slice(7)}`);
  await phone.shot('mine');
  await phone.tap('退出所有设备');
  await phone.tap('取消');
  await slowly(phone);
  await phone.tap('退出登录');
  await phone.see('还没有登录');
  await phone.start();
  await phone.tap('微信一键登录');
  await phone.tap('微信一键登录');
  await phone.see(own.name);
  await unbind(phone);
});

test('one person in two companies switches between them', async () => {
  const [first, second] = [await account(), await account()];
  const phone = await signedIn(first, openids[1]!);
  await phone.start(scanned(await link(second)).path, 1011);
  await phone.tap('是我，继续');
  await phone.see('已确认');
  await phone.start();
  await phone.see(second.name);
  await phone.tap('我的');
  await phone.tap(first.name);
  await phone.see(`已切换到 ${first.name}`);
});

test('the service is busy, then back; the session ended elsewhere', async () => {
  const own = await account();
  const phone = await signedIn(own, openids[2]!);
  await phone.page.route('**/api/journey', (route) => route.fulfill({ status: 503, json: { title: '服务暂时繁忙', status: 503, code: 'busy' } }));
  await phone.start();
  await phone.see('服务暂时繁忙');
  await phone.page.unroute('**/api/journey');
  await phone.tap('重试');
  await phone.see(own.name);
  await own.window.goto(`${server.desktop}/enrol`);
  await own.window.locator('details.menu summary').click();
  await own.window.getByRole('button', { name: '退出所有设备' }).click();
  await own.window.waitForURL((url) => !url.pathname.startsWith('/enrol'));
  await phone.start();
  await phone.tap('微信一键登录');
  await phone.at('pages/sign-in/sign-in');
  await phone.takeErrors();
  await phone.tap('微信一键登录');
  await phone.see(own.name);
  await unbind(phone);
});

test('hand-off: who asks is shown, and confirmed; or refused, damaged, too late; by scanner inside the app', async () => {
  const own = await account();
  const phone = await stage.phone(openids[0]!, scanned(await link(own)));
  for (const text of ['电脑请求在手机上继续', /Chrome/, '本机', own.name]) await phone.see(text);
  await phone.shot('handoff');
  await phone.tap('不是我');
  await phone.see('已拒绝');
  await own.window.getByText(/已取消|已拒绝|已失效/).first().waitFor();
  const late = await link(own);
  await phone.start('/pages/handoff/handoff?q=https%3A%2F%2Felsewhere.example%2F');
  await phone.see('这个二维码读不出来');
  const other = await account();
  const inside = await link(other);
  await phone.start();
  await phone.tap('扫一扫电脑上的二维码');
  await phone.page.getByLabel('二维码内容').fill(inside);
  await phone.shot('scanner');
  await phone.tap('识别');
  await phone.see('电脑请求在手机上继续');
  await phone.tap('是我，继续');
  await phone.see('已确认');
  await phone.shot('handoff-confirmed');
  await phone.tap('继续办理');
  await phone.at('packages/person/pages/step/step');
  await own.window.goto(`${server.desktop}/enrol`);
  await own.window.locator('details.menu summary').click();
  await own.window.getByRole('button', { name: '退出登录' }).click();
  await own.window.waitForURL((url) => !url.pathname.startsWith('/enrol'));
  await phone.start(scanned(late).path, 1011);
  await phone.see('这个二维码已失效');
  await phone.shot('handoff-over');
  await phone.takeErrors();
});

const LOOKS: Record<string, PhoneOptions> = {
  dark: { dark: true },
  elder: { fontScale: 1.4 },
  narrow: { width: 320, height: 640 },
  wide: { width: 430, height: 932 },
};

test('dark, elders’ size, narrow and wide: nothing runs out of the screen, everything can be hit', async () => {
  const own = await account();
  const first = await signedIn(own, openids[2]!);
  for (const [name, options] of Object.entries(LOOKS)) {
    const phone = await stage.phone(first.openid, options);
    await phone.tap('微信一键登录');
    await phone.tap('微信一键登录');
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
  }
});
