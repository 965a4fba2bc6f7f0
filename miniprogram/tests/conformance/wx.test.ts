// The browser host's `wx`: forms of calls, refusals, storage of two phones, theme, font scale, network, life.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildPhone } from '../../simulator/build/phone.ts';
import { TESTS } from '../../simulator/build/paths.ts';
import { Stage, type Phone } from '../driver.ts';
import { serve, type Served } from '../support/server.ts';

let out: string;
let server: Served;
let stage: Stage;
let phone: Phone;
let paid: { action: string }[] = [];

const run = <T = unknown>(code: string, on = phone): Promise<T> => on.page.evaluate(code) as Promise<T>;
const settled = <T = { errMsg: string; errno?: number }>(call: string) => run<T>(`new Promise((complete) => wx.${call})`);

before(async () => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'kitchen-wx-'));
  await buildPhone({ app: path.join(TESTS, 'kitchen'), out });
  server = await serve(out, (a) => {
    const body = a.body.length && a.headers['content-type']?.includes('json') ? JSON.parse(a.body.toString()) : {};
    if (a.path === '/phone/login') return { json: { code: `code-${body.openid}` } };
    if (a.path === '/phone/subscribe') return { json: Object.fromEntries(body.template_ids.map((id: string) => [id, body.accept.includes(id) ? 'accept' : 'reject'])) };
    if (a.path === '/phone/prepay/p1') return { json: { description: '手机证书', total: 45000, payee: '掌证', state: 'NOTPAY' } };
    if (a.path === '/phone/pay') {
      paid.push(body);
      return { json: { errMsg: body.action === 'pay' ? 'requestPayment:ok' : `requestPayment:fail ${body.action}` } };
    }
    if (a.path === '/phone/scan') {
      return { json: body.text.startsWith('https://') ? { kind: 'miniprogram', path: 'pages/plain/plain', query: { q: encodeURIComponent(body.text) }, scene: 1011 } : { kind: 'text' } };
    }
    if (a.path.startsWith('/api-proxy/echo')) {
      return { json: { method: a.method, query: Object.fromEntries(a.query), body: a.body.toString('latin1').slice(0, 300), type: a.headers['content-type'] ?? '' } };
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

test('promise where the typings promise one, callbacks only elsewhere', async () => {
  assert.equal(await run('wx.login() instanceof Promise'), true);
  assert.equal(await run('wx.getPrivacySetting({}) instanceof Promise'), false);
  assert.equal(await run('wx.login({ success() {} }) instanceof Promise'), false);
  assert.equal(await run('typeof wx.request({ url: "https://api.zhangzheng.example/echo", success() {} }).abort'), 'function');
  assert.equal((await run<{ code: string }>('wx.login()')).code, 'code-a');
});

test('a rejected promise nobody handles is an error', async () => {
  await run("void wx.navigateTo({ url: '/nowhere' })");
  await phone.page.waitForTimeout(100);
  assert.match((await phone.takeErrors()).join(), /page "nowhere" is not found/);
});

test('unknown members of wx are errors', async () => {
  await run('wx.thisDoesNotExist');
  assert.match((await phone.takeErrors()).join(), /does not exist in WeChat/);
  await run('(() => { try { wx.startBluetoothDevicesDiscovery() } catch {} })()');
  assert.match((await phone.takeErrors()).join(), /not offered by this host/);
});

test('setData refuses what does not cross to the view', async () => {
  for (const bad of ['() => 1', '10n', 'Symbol("x")', '(() => { const a = {}; a.a = a; return a })()', 'new Date(0)']) {
    await run(`(() => { try { getCurrentPages()[0].setData({ msg: ${bad} }) } catch {} })()`);
    assert.match((await phone.takeErrors()).join(), /does not reach the view/, bad);
  }
  await run("getCurrentPages()[0].setData({ msg: 'hi' })");
  await run('(() => { const o = { k: "x", v: 1 }; getCurrentPages()[0].setData({ obj: o }); o.k = "changed" })()');
  assert.equal(await run('getCurrentPages()[0].data.obj.k'), 'x');
});

test('request: host mapping, query, JSON body, plain http and PATCH refused', async () => {
  const get = await run<{ data: { query: object } }>("wx.request && new Promise((success) => wx.request({ url: 'https://api.zhangzheng.example/echo?x=1', data: { y: '二' }, success }))");
  assert.deepEqual(get.data.query, { x: '1', y: '二' });
  const post = await run<{ data: { body: string; type: string } }>("new Promise((success) => wx.request({ url: 'https://api.zhangzheng.example/echo', method: 'POST', data: { a: 1 }, success }))");
  assert.equal(post.data.body, '{"a":1}');
  assert.match(post.data.type, /json/);
  assert.match((await settled("request({ url: 'http://api.zhangzheng.example/', complete })")).errMsg, /domain list/);
  assert.match((await settled("request({ url: 'https://api.zhangzheng.example/', method: 'PATCH', complete })")).errMsg, /invalid/);
});

test('upload: progress, field, file', async () => {
  const result = await run<{ progress: number[]; data: string }>(`new Promise((resolve) => {
    const fs = wx.getFileSystemManager();
    fs.writeFile({ filePath: 'wxfile://usr/a.txt', data: 'hello', success() {
      const progress = [];
      wx.uploadFile({ url: 'https://api.zhangzheng.example/echo', filePath: 'wxfile://usr/a.txt', name: 'file', formData: { side: 'portrait' },
        success: (r) => resolve({ progress, data: r.data }) }).onProgressUpdate((p) => progress.push(p.progress));
    } });
  })`);
  assert.match(result.data, /multipart\/form-data/);
  assert.match(result.data, /name=\\"side\\"/);
  assert.equal(result.progress.at(-1), 100);
});

test('offline fails at once and is announced; slow takes its time', async () => {
  await run("(() => { window.net = []; wx.onNetworkStatusChange((r) => window.net.push(r.isConnected)); __mp.change({ network: 'none' }); })()");
  assert.match((await settled("request({ url: 'https://api.zhangzheng.example/echo', complete })")).errMsg, /DISCONNECTED/);
  await run("__mp.change({ network: '3g' })");
  const from = Date.now();
  await settled("request({ url: 'https://api.zhangzheng.example/echo', complete })");
  assert.ok(Date.now() - from > 500);
  await run("__mp.change({ network: 'wifi' })");
  assert.deepEqual(await run('window.net'), [false, true, true]);
});

test('two people are two phones', async () => {
  const other = await stage.phone('b');
  await run("wx.setStorageSync('token', { t: 'A' })");
  assert.equal(await run("wx.getStorageSync('token')", other), '');
  assert.equal((await run<{ code: string }>('wx.login()', other)).code, 'code-b');
  // the same browser, another owner
  await phone.page.goto(`${server.url}/?as=c&bare=1`);
  await phone.page.waitForFunction(() => (window as never as { __mp?: { started: boolean } }).__mp?.started);
  assert.equal(await run("wx.getStorageSync('token')"), '');
  await phone.start();
  assert.deepEqual(await run("wx.getStorageSync('token')"), { t: 'A' }, 'kept after a kill');
});

test('payment: strings only, sheet, pay and cancel', async () => {
  assert.match((await settled('requestPayment({ timeStamp: 1, complete })')).errMsg, /parameter.timeStamp should be String/);
  const pay = () => run<{ errMsg: string }>("new Promise((complete) => wx.requestPayment({ timeStamp: '1', nonceStr: 'n', package: 'prepay_id=p1', signType: 'RSA', paySign: 's', complete }))");
  paid = [];
  let result = pay();
  await phone.see('¥450.00');
  await phone.page.waitForTimeout(120);
  await phone.tap('确认支付');
  assert.equal((await result).errMsg, 'requestPayment:ok');
  result = pay();
  await phone.see('¥450.00');
  await phone.page.waitForTimeout(120);
  await phone.tap('关闭');
  assert.match((await result).errMsg, /cancel/);
  assert.deepEqual(paid.map((p) => p.action), ['pay', 'cancel']);
});

test('subscribe messages: each template can be refused', async () => {
  const result = run("wx.requestSubscribeMessage({ tmplIds: ['t1', 't2'] })");
  await phone.see(/申请发送/);
  await phone.page.waitForTimeout(120);
  await phone.page.getByText('办理进度通知 2').tap();
  await phone.tap('允许');
  assert.deepEqual(await result, { errMsg: 'requestSubscribeMessage:ok', t1: 'accept', t2: 'reject' });
});

test('scanCode gives the raw text; WeChat’s scanner opens the app', async () => {
  const scanned = run<{ result: string }>('wx.scanCode()');
  await phone.page.getByLabel('二维码内容').fill('https://m.example.cn/q/?t=1&u=2');
  await phone.tap('识别');
  assert.equal((await scanned).result, 'https://m.example.cn/q/?t=1&u=2');
  await phone.scan('https://m.example.cn/q/?t=1&u=2');
  await phone.at('pages/plain/plain');
  assert.equal((await phone.data<{ q: string }>()).q, 'https://m.example.cn/q/?t=1&u=2');
  assert.equal(await run('wx.getEnterOptionsSync().scene'), 1011);
  assert.equal(await run('wx.getLaunchOptionsSync().scene'), 1001);
});

test('life of the app: launch, background, foreground', async () => {
  await phone.start();
  await run('__mp.background(true)');
  await run('__mp.background(false)');
  assert.deepEqual(await run('getApp().diary'), ['launch 1001 pages/kitchen/kitchen', 'show 1001', 'hide', 'show 1001']);
});

test('random values', async () => {
  const bytes = await run<number[]>('wx.getRandomValues({ length: 32 }).then((r) => [...new Uint8Array(r.randomValues)])');
  assert.equal(bytes.length, 32);
  assert.ok(new Set(bytes).size > 8);
  assert.match((await settled('getRandomValues({ length: 0, complete })')).errMsg, /invalid/);
  assert.equal(await run('new Promise((success) => wx.getUserCryptoManager().getRandomValues({ length: 16, success })).then((r) => r.randomValues.byteLength)'), 16);
});

test('theme and font scale of the phone', async () => {
  const ink = () => run("getComputedStyle(document.querySelector('wx-page, .mp-scroll > *')).getPropertyValue('--ink')");
  assert.match(String(await ink()), /17, 17, 17/);
  await run("(() => { window.themes = []; wx.onThemeChange((r) => window.themes.push(r.theme)); __mp.change({ theme: 'dark' }); })()");
  assert.match(String(await ink()), /240/);
  assert.deepEqual(await run('window.themes'), ['dark']);
  assert.equal(await run("getComputedStyle(document.querySelector('.mp-nav')).backgroundColor"), 'rgb(27, 27, 27)');
  await run("__mp.change({ theme: 'system', fontScale: 1.4 })");
  assert.equal(await run('wx.getAppBaseInfo().fontSizeScaleFactor'), 1.4);
  await run('__mp.change({ fontScale: 1 })');
});

test('privacy: refused, then agreed', async () => {
  const careful = await stage.phone('p', { privacy: 'ask', permissions: 'ask' });
  const scan = () => run<{ errMsg: string; errno?: number }>('new Promise((complete) => wx.scanCode({ complete }))', careful);
  const first = scan();
  await careful.page.waitForTimeout(150);
  await careful.tap('拒绝');
  assert.equal((await first).errno, 104);
  void scan();
  await careful.page.waitForTimeout(150);
  await careful.tap('同意');
  await careful.role('dialog', '扫一扫').waitFor();
  await careful.tap('取消');
});

test('camera permission refused', async () => {
  const shy = await stage.phone('s', { permissions: 'ask', path: '/pages/plain/plain' });
  await run('getCurrentPages().at(-1).setData({ camera: true })', shy);
  await shy.see('使用你的摄像头');
  await shy.page.waitForTimeout(120);
  await shy.tap('拒绝');
  await shy.page.waitForFunction(() => /auth deny/.test((window as never as { getCurrentPages(): { data: { cameraState: string } }[] }).getCurrentPages().at(-1)!.data.cameraState));
});

test('without a webcam the camera shows a drawn face', async () => {
  const plain = await stage.phone('d', { camera: 'drawn', path: '/pages/plain/plain' });
  await run('getCurrentPages().at(-1).setData({ camera: true })', plain);
  await plain.page.waitForFunction(() => (window as never as { getCurrentPages(): { data: { cameraState: string } }[] }).getCurrentPages().at(-1)!.data.cameraState === 'ready');
  await run('new Promise((complete) => wx.createCameraContext().startRecord({ complete }))', plain);
  await plain.page.waitForTimeout(800);
  const video = await run<{ size: number; tempVideoPath: string }>('new Promise((complete) => wx.createCameraContext().stopRecord({ complete }))', plain);
  assert.match(video.tempVideoPath, /mp4$/);
  assert.ok(video.size > 1000);
});
