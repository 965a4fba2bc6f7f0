// The browser host behaves as WeChat does: framework, base components, pages. Every trap met is a check here.
import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { buildPhone } from '../../simulator/build/phone.ts';
import { TESTS } from '../../simulator/build/paths.ts';
import { Stage, type Phone } from '../driver.ts';
import { serve, type Served } from '../support/server.ts';

interface Kitchen {
  [key: string]: unknown;
  files: unknown[];
  log: string;
}

let out: string;
let server: Served;
let stage: Stage;
let phone: Phone;

const data = () => phone.data<Kitchen>();
const count = (text: string | RegExp) => phone.text(text).count();
/** Evaluates an expression in the phone. */
const run = <T = unknown>(code: string): Promise<T> => phone.page.evaluate(code) as Promise<T>;
/** Waits until a field of the page's data has a value. */
const becomes = (key: string, value: unknown) =>
  phone.page.waitForFunction(
    ([k, v]) => JSON.stringify((window as never as { getCurrentPages(): { data: Record<string, unknown> }[] }).getCurrentPages().at(-1)!.data[k as string]) === v,
    [key, JSON.stringify(value)],
    { timeout: 3000 },
  );

before(async () => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'kitchen-'));
  const report = await buildPhone({ app: path.join(TESTS, 'kitchen'), out });
  assert.deepEqual(report.problems, []);
  server = await serve(out, (a) => {
    if (a.path === '/phone/people') return { json: [{ openid: 'a', nickname: '王芳', name: '王芳', mobile: '19900000001', mobile_masked: '199****0001' }] };
    if (a.path === '/phone/phone-number') return { json: { code: 'pn-1' } };
    if (a.path.startsWith('/api-proxy/echo')) {
      return { json: { method: a.method, query: Object.fromEntries(a.query), body: a.body.toString(), type: a.headers['content-type'] ?? '' } };
    }
    return undefined;
  });
  stage = await Stage.open({ phoneUrl: server.url });
  phone = await stage.phone('a');
});

after(async () => {
  await stage?.close();
  await server?.close();
  fs.rmSync(out, { recursive: true, force: true });
});

test('wxs: inline and file modules, constructor as a type name, getDate, getRegExp', async () => {
  assert.equal(await count(/msg=hi join=a-b-c kind=Array year=2026 digits=12 part=25%/), 1);
});

test('template, import, include', async () => {
  for (const text of ['K=hi', 'ok=42', 'included:hi']) assert.equal(await count(text), 1, text);
});

test('slots, behaviors, generics', async () => {
  for (const text of ['HEAD', 'BODY', 'count=7', 'default:7', 'other:5']) assert.equal(await count(text), 1, text);
});

test('external classes and style isolation', async () => {
  const style = (find: string, key: string) =>
    run(`getComputedStyle([...document.querySelectorAll('wx-view,wx-text')].find((e) => ${find}))['${key}']`);
  assert.equal(await style('/my-ext/.test(e.className)', 'backgroundColor'), 'rgb(10, 20, 30)');
  assert.equal(await style('/^count=/.test(e.textContent)', 'color'), 'rgb(1, 2, 3)');
});

test('the ready lifetime runs after layout', async () => {
  await phone.page.waitForFunction(() => (window as never as { getCurrentPages(): { selectComponent(s: string): { data: { readied: boolean } } }[] }).getCurrentPages()[0]!.selectComponent('#sb').data.readied);
});

test('relations are linked and unlinked', async () => {
  assert.equal(await count(/children=2/), 1);
  await run('getCurrentPages()[0].setData({ two: false })');
  assert.equal(await count(/children=1/), 1);
});

test('selectComponent, createSelectorQuery, page lifetimes of components', async () => {
  await becomes('ping', 'pong');
  await becomes('shows', 1);
  assert.ok(Number((await data()).rect) > 100);
});

test('wxs event handlers call methods of their owner', async () => {
  await phone.text(/wxs-tap/).tap();
  await becomes('wxsHit', 'tap');
});

test('catch stops a tap, bind lets it bubble, marks are merged', async () => {
  await phone.text('catch').tap();
  await becomes('log', 'I9');
  await phone.text(/^bubble/).tap();
  await becomes('log', 'I9I8Oio');
});

test('nested wx:for', async () => {
  for (const text of ['(1)', '(4)']) assert.equal(await count(text), 1);
});

test('rpx in inline styles is a 750th of the screen', async () => {
  assert.equal(await run("document.querySelector('#rpx').getBoundingClientRect().width"), 187.5);
});

test('switch, radio by label, textarea with model:value, picker', async () => {
  await phone.page.locator('wx-switch').first().tap();
  await becomes('sw', true);
  await phone.text('经办').first().tap();
  await becomes('radio', 'b');
  await phone.page.locator('wx-textarea textarea').fill('hello');
  await becomes('note', 'hello');
  await phone.text(/地区:/).tap();
  await phone.tap('浙江');
  await becomes('region', '1');
});

test('the browser’s own input and change events do not reach handlers', async () => {
  await run("document.querySelector('wx-switch').dispatchEvent(new Event('change', { bubbles: true }))");
  assert.equal((await data()).sw, true);
});

test('rich-text drops event handlers', async () => {
  assert.equal(await run("document.querySelector('wx-rich-text b').hasAttribute('onclick')"), false);
});

test('TDesign: cell, switch, input, checkbox, radio', async () => {
  await phone.text('企业名称').tap();
  await becomes('log', 'cell');
  await phone.page.locator('[class*=t-switch__body]').first().tap();
  await becomes('sw', false);
  await phone.page.getByPlaceholder('请输入手机号').fill('13800000000');
  await becomes('phone', '13800000000');
  await phone.text('同意协议').tap();
  await becomes('ticked', true);
  await phone.text('我是企业经办').tap();
  await becomes('tradio', '2');
});

test('TDesign: upload (needs ready), tabs, icon without a font, QR code, picker', async () => {
  await phone.page.locator('[class*=t-upload__add]').last().tap();
  await phone.giveFile({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') });
  await phone.page.waitForFunction(() => (window as never as { getCurrentPages(): { data: { files: unknown[] } }[] }).getCurrentPages()[0]!.data.files.length === 1);
  await phone.text('订单管理').first().tap();
  await phone.see('P1');
  const mask = "getComputedStyle(document.querySelector('[class*=t-icon-check-circle]'), '::before').webkitMaskImage";
  assert.match(await run<string>(mask), /^url\("data:image\/svg/);
  const painted = `(() => { const c = [...document.querySelectorAll('canvas')].find((x) => !x.closest('#sig'));
    return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0); })()`;
  assert.equal(await run(painted), true);
  await phone.text('open t-picker').tap();
  await phone.page.waitForTimeout(500);
  await phone.text('确认').tap();
  await becomes('picked', 'fj');
});

test('a QR code drawn in a window is read from its picture', async () => {
  const code = phone.page.locator('canvas').first();
  await phone.page.waitForTimeout(600); // the picker of the test before is still sliding away
  assert.equal(await phone.readCode(await code.screenshot()), 'https://m.example.cn/q/abc');
});

test('canvas 2d node', async () => {
  await phone.tap('draw');
  await becomes('sig', '300x100');
  assert.equal(await run("[...document.querySelector('#sig canvas').getContext('2d').getImageData(50, 50, 1, 1).data].join()"), '255,0,0,255');
});

test('browser globals are hidden from the app', async () => {
  assert.equal((await data()).hidden, Array(6).fill('undefined').join());
});

test('tab pages are kept', async () => {
  await phone.tap('第二页');
  await phone.at('pages/tab/tab');
  await phone.tap('厨房');
  await phone.at('pages/kitchen/kitchen');
  assert.equal((await data()).note, 'hello');
  await phone.tap('第二页');
  await becomes('shows', 2);
  await phone.tap('厨房');
});

test('navigator passes the query still encoded; back restores; page sheets do not leak', async () => {
  await phone.text('去普通页').tap();
  await phone.at('pages/plain/plain');
  assert.equal((await data()).from, 'nav');
  assert.equal((await data()).q, 'https://a.cn/?t=1&u=2');
  assert.notEqual(await run("getComputedStyle(document.querySelector('.mp-page:not([hidden]) .leak')).color"), 'rgb(1, 1, 1)');
});

test('fixed boxes and vh are measured in the page, not the screen', async () => {
  const view = await run<number>("document.querySelector('.mp-page:not([hidden]) .mp-view').clientHeight");
  assert.equal(await run("document.querySelector('.mp-page:not([hidden]) .tall').getBoundingClientRect().height"), view);
  const bottom = await run<number>("document.querySelector('.mp-page:not([hidden]) .fixed').getBoundingClientRect().bottom");
  assert.equal(bottom, 812);
});

test('base components are content-box', async () => {
  assert.equal(await run("getComputedStyle(document.querySelector('wx-view')).boxSizing"), 'content-box');
});

test('page-meta sets the root font size', async () => {
  assert.equal(await run("getComputedStyle(document.documentElement).fontSize"), '24px');
});

test('a dialog opened by a tap is not hit by the ghost click', async () => {
  await phone.tap('ask');
  await phone.page.waitForTimeout(200);
  await phone.role('dialog', '确认吗').waitFor();
  await phone.tap('确定');
  await becomes('asked', 'true');
});

test('phone number: asked, then a code', async () => {
  await phone.tap('手机号');
  await phone.see(/199\*\*\*\*0001/);
  await phone.tap('允许');
  await becomes('phone', 'code');
});

test('sub-packages are loaded when first opened, and share modules', async () => {
  assert.equal(await run("document.querySelectorAll('script[src*=extra]').length"), 0);
  await phone.tap('去分包');
  await phone.at('extra/pages/late/late');
  await phone.see(/late x=1 1/);
  assert.equal(await run("getComputedStyle(document.querySelector('.only-here')).color"), 'rgb(9, 9, 9)');
  await phone.tap('返回');
  await phone.tap('去分包');
  await phone.see(/late x=1 2/);
  await phone.tap('返回');
  await phone.at('pages/plain/plain');
});

test('camera: photo, MP4 recording, one camera only', async () => {
  await run('getCurrentPages().at(-1).setData({ camera: true })');
  await becomes('cameraState', 'ready');
  const call = (name: string) => run<{ errMsg: string; size?: number; tempVideoPath?: string }>(`new Promise((r) => wx.createCameraContext().${name}({ complete: r }))`);
  assert.equal((await call('takePhoto')).errMsg, 'takePhoto:ok');
  assert.equal((await call('startRecord')).errMsg, 'startRecord:ok');
  assert.match((await call('startRecord')).errMsg, /is recording/);
  await phone.page.waitForTimeout(900);
  const video = await call('stopRecord');
  assert.match(video.tempVideoPath ?? '', /\.mp4$/);
  assert.ok((video.size ?? 0) > 1000);
  await run('getCurrentPages().at(-1).setData({ camera: false })');
  assert.match((await call('takePhoto')).errMsg, /not mounted/);
});

test('pull down refreshes', async () => {
  await run('wx.startPullDownRefresh()');
  await becomes('pulled', 1);
});
