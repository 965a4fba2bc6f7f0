// The build's own rules: WXS is ES5, WXSS is rewritten, setData is checked.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { compileWxss } from '../../simulator/build/wxss.ts';
import { apiForms } from '../../simulator/build/api-forms.ts';
import { drawnIconSheet } from '../../simulator/build/icons.ts';
import { APP } from '../../simulator/build/paths.ts';
import { transformWxs, wxsProblem } from '../../simulator/build/wxs.ts';
import { copy, refusal } from '../../simulator/runtime/serialise.ts';
import { parseAddress } from '../../simulator/runtime/url.ts';

test('wxs: ES5 only, constructor is a type name', () => {
  assert.equal(wxsProblem('var a = 1; module.exports = { a: a };'), null);
  for (const source of ['const a = 1', 'var f = (x) => x', 'var s = `x`', 'var { a } = b']) assert.match(wxsProblem(source) ?? '', /ES5/);
  assert.equal(transformWxs("a.b.constructor === 'Array'"), "__wxsType(a.b) === 'Array'");
});

test('wxss: units, tags, scopes, host, theme queries, imports', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'wxss-'));
  fs.writeFileSync(path.join(dir, 'b.wxss'), '.b { width: 750rpx; }');
  fs.writeFileSync(path.join(dir, 'a.wxss'), '@import "./b.wxss"; :host { height: 100vh; } view.x, [class^="t-icon"] { top: 1px; } @media (prefers-color-scheme: dark) { .d { left: 0; } }');
  const css = compileWxss(path.join(dir, 'a.wxss'), { base: dir, scope: 's1', files: new Set() });
  for (const part of ['.s1--b { width: 100vw', '[wx-host="s1"]', 'calc(100 * var(--mp-vh', 'wx-view.s1--x', '[class*="s1--t-icon"]', '@container style(--mp-theme: dark)']) assert.ok(css.includes(part), `${part} in ${css}`);
});

test('no remote font or picture is left in the icon sheet', () => {
  const sheet = drawnIconSheet("@font-face{font-family:t;src:url(https://x)} .t-icon{font-family:t!important} .t-icon-add:before{content:'\\E1'}", path.join(APP, 'icons'));
  assert.doesNotMatch(sheet, /https?:\/\/(?!www\.w3\.org)/);
  assert.doesNotMatch(sheet, /font-family/);
  assert.match(sheet, /t-icon-check-circle-filled::before/);
});

test('no file of the app names a remote address but its own server', () => {
  const files = (fs.readdirSync(APP, { recursive: true }) as string[]).filter((f) => /\.(wxml|wxss|ts|json)$/.test(f) && !/miniprogram_npm|schema\.ts|openapi/.test(f));
  for (const file of files) {
    const urls = fs.readFileSync(path.join(APP, file), 'utf8').match(/https?:\/\/[^\s'"`)]+/g) ?? [];
    assert.deepEqual(urls.filter((u) => u !== 'https://api.zhangzheng.example'), [], file);
  }
});

test('promise and callback forms come from the typings', () => {
  const { promise, other } = apiForms();
  for (const name of ['login', 'scanCode', 'showModal', 'chooseMedia', 'requestPayment']) assert.ok(promise.includes(name), name);
  for (const name of ['request', 'uploadFile', 'getPrivacySetting', 'getSystemInfoSync']) assert.ok(other.includes(name), name);
  assert.ok(promise.length > 150 && other.length > 250);
});

test('setData: what is refused, and that the rest is copied', () => {
  assert.equal(refusal({ a: [1, null, 'x', undefined, { b: true }] }), null);
  assert.match(refusal({ a: { f() {} } }) ?? '', /data\.a\.f is a function/);
  assert.match(refusal({ a: 1n }) ?? '', /BigInt/);
  const shared = { x: 1 };
  assert.equal(refusal({ a: shared, b: shared }), null, 'the same object twice is no circle');
  const from = { a: { b: [1] } };
  const to = copy(from);
  from.a.b[0] = 2;
  assert.equal(to.a.b[0], 1);
});

test('page addresses keep their query encoded', () => {
  assert.deepEqual(parseAddress('/pages/a/a?q=https%3A%2F%2Fx%3Ft%3D1%26u&flag'), { path: 'pages/a/a', query: { q: 'https%3A%2F%2Fx%3Ft%3D1%26u', flag: '' } });
  assert.equal(parseAddress('../b/b', 'pages/a/a').path, 'pages/b/b');
});
