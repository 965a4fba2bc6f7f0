// The desk page: hands the phone over, scans for it, shows what arrives, changes its settings.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Frame, Page } from 'playwright-core';
import { buildPhone } from '../../simulator/build/phone.ts';
import { APP } from '../../simulator/build/paths.ts';
import { Stage } from '../driver.ts';
import { serve, type Served } from '../support/server.ts';

let out: string;
let server: Served;
let stage: Stage;
let desk: Page;

/** What a hand-off asks, as the product answers. */
const ASKED = {
  id: 'h1', purpose: 'person', account_name: 'rongcheng01', browser: 'Edge 138', system: 'Windows 11', place: '福建 福州',
  expires_at: '2026-11-23T12:00:00Z', state: 'scanned',
};

const person = (openid: string, name: string, n: number) => ({ openid, nickname: name, name, mobile: `1990000000${n}`, mobile_masked: `199****000${n}` });

before(async () => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'desk-'));
  await buildPhone({ app: APP, out });
  server = await serve(out, (a) => {
    if (a.path === '/phone/people') return { json: [person('wang', '王芳', 1), person('li', '李建国', 2)] };
    if (a.path === '/phone/inbox') {
      const mine = a.query.get('mobile') === '19900000002';
      return { json: mine ? [{ id: '1', at: '2026-11-23T03:00:00Z', sign: '掌证', text: '验证码 482913，5 分钟内有效。' }] : [] };
    }
    if (a.path === '/phone/messages') return { json: a.query.get('openid') === 'li' ? [{ id: '1', at: '2026-11-23T03:01:00Z', title: '审核结果通知', template_id: 't', page: 'pages/mine/mine', data: [['事项', '企业实名认证']] }] : [] };
    if (a.path === '/phone/mail' || a.path === '/samples') return { json: [] };
    if (a.path === '/phone/scan') return { json: { kind: 'miniprogram', path: 'pages/handoff/handoff', query: { q: encodeURIComponent(JSON.parse(a.body.toString()).text) }, scene: 1011 } };
    if (a.path === '/phone/login') return { json: { code: 'code' } };
    if (a.path === '/api-proxy/api/handoffs/look') return { json: ASKED };
    return undefined;
  });
  stage = await Stage.open({ phoneUrl: server.url, desktopUrl: server.url, shots: process.env.SHOTS && `${process.env.SHOTS}/desk` });
  desk = await stage.desktop('/');
});

after(async () => {
  await stage?.close();
  await server?.close();
  fs.rmSync(out, { recursive: true, force: true });
});

async function phone(owner: string): Promise<Frame> {
  await desk.waitForFunction(
    (o) => {
      const mp = (document.querySelector('iframe')?.contentWindow as never as { __mp?: { owner: string; started: boolean } })?.__mp;
      return mp?.started && mp.owner === o;
    },
    owner,
    { timeout: 8000 },
  );
  return desk.frames()[1]!;
}

test('the phone is handed to somebody else, with their messages', async () => {
  await (await phone('wang')).getByText('企业手机证书，五步办好').waitFor();
  await stage.shot(desk, 'desk');
  await desk.getByRole('button', { name: /李建国/ }).click();
  await phone('li');
  await desk.getByText('482913').waitFor();
  await desk.getByText('事项：企业实名认证').waitFor();
  assert.equal(await desk.evaluate(() => localStorage.getItem('desk:holder')), 'li');
});

test('WeChat’s scanner opens the mini-program with the link', async () => {
  const frame = await phone('li');
  await desk.getByLabel('二维码里的链接').fill(`https://m.zhangzheng.example/q/?t=AbCdEfGhIjKlMnOpQrStUv`);
  await desk.getByRole('button', { name: '扫描', exact: true }).click();
  await frame.getByText('电脑请求在手机上继续').waitFor();
});

test('a message opens its page; dark is dark; killed and started again', async () => {
  const frame = await phone('li');
  await desk.getByRole('button', { name: '打开', exact: true }).click();
  await frame.getByText('还没有登录').waitFor();
  await desk.getByRole('button', { name: '深色' }).click();
  assert.equal(await frame.evaluate(() => getComputedStyle(document.querySelector('.mp-nav')!).backgroundColor), 'rgb(20, 24, 31)');
  await stage.shot(desk, 'desk-dark');
  await desk.getByRole('button', { name: '结束并重新打开' }).click();
  await desk.waitForTimeout(300);
  await (await phone('li')).getByText('企业手机证书，五步办好').waitFor();
});
