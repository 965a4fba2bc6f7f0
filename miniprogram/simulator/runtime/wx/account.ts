// login, phone number, subscribe messages, payment, scanning: what WeChat itself does, through the sandbox.
import type { Any } from '../types.ts';
import { calls, config } from '../mp.ts';
import { hostSdk } from '../app.ts';
import { currentPage } from '../pages.ts';
import { openTypes } from '../components/button.ts';
import { fire } from '../components/registry.ts';
import { h } from '../dom.ts';
import { ask, sheet, toast } from '../sheets/dialogs.ts';
import { paymentSheet } from '../sheets/payment.ts';
import { openScanner } from '../sheets/scanner.ts';
import { holder, world } from '../world.ts';
import { async, refuse, sync } from './api.ts';
import { needPrivacy } from './privacy.ts';

const PAYMENT_STRINGS = ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign'];

function installLogin() {
  async('login', () => world.login());
  async('checkSession', () => ({}));
  sync('getAccountInfoSync', () => ({ miniProgram: { appId: config.appId, envVersion: config.envVersion, version: '' } }));
  const phoneNumber = async (component: Any) => {
    const denied = { errMsg: 'getPhoneNumber:fail user deny', errno: 103 };
    try {
      await needPrivacy('getPhoneNumber');
    } catch (e) {
      return fire(component, 'getphonenumber', { errMsg: (e as Any).errMsg, errno: 104 });
    }
    const person = await holder();
    const lines = [person ? `${person.nickname}  ${person.mobile_masked}` : '本机号码'];
    const allowed = await ask({ title: '掌证 申请获取并验证你的手机号', lines, yes: '允许', no: '不允许' });
    const detail = allowed ? { errMsg: 'getPhoneNumber:ok', code: (await world.phoneNumber()).code } : denied;
    fire(component, 'getphonenumber', detail);
  };
  openTypes.getPhoneNumber = (component) => void phoneNumber(component);
  openTypes.getRealtimePhoneNumber = openTypes.getPhoneNumber;
}

function installSubscribe() {
  async('requestSubscribeMessage', async (o) => {
    const ids: string[] = o.tmplIds ?? [];
    if (!ids.length || ids.length > 3) throw refuse('requestSubscribeMessage', 'TmplIds length is invalid', { errCode: 20003 });
    const boxes = ids.map((id) => h('input', { type: 'checkbox', checked: true, value: id }));
    const rows = boxes.map((box, i) => h('label', { className: 'tick' }, box, h('span', {}, `办理进度通知 ${i + 1}`)));
    const allowed = await sheet<boolean>('订阅消息', false, (close) => [
      h('h3', {}, '掌证 申请发送一次以下消息'),
      ...rows,
      h(
        'div',
        { className: 'pair' },
        h('button', { className: 'no', onclick: () => close(false) }, '取消'),
        h('button', { className: 'yes', onclick: () => close(true) }, '允许'),
      ),
    ]);
    return world.subscribe(ids, allowed ? boxes.filter((box) => box.checked).map((box) => box.value) : []);
  });
}

function installPayment() {
  async('requestPayment', async (o) => {
    for (const key of PAYMENT_STRINGS) {
      if (typeof o[key] === 'string') continue;
      throw refuse('requestPayment', `parameter error: parameter.${key} should be String`);
    }
    const id = /^prepay_id=(.+)$/.exec(o.package)?.[1];
    if (!id) throw refuse('requestPayment', 'parameter error: parameter.package is invalid');
    const bill = await world.prepay(id).catch(() => {
      throw refuse('requestPayment', 'prepay_id does not exist or has expired');
    });
    const action = await paymentSheet(bill);
    const parameters = Object.fromEntries(PAYMENT_STRINGS.map((key) => [key, o[key]]));
    const { errMsg } = await world.pay(parameters, action);
    if (errMsg !== 'requestPayment:ok') throw Object.assign(new Error(errMsg), { errMsg });
  });
}

export interface ScannedApp {
  kind: 'miniprogram';
  path: string;
  query: Record<string, string>;
  scene: number;
}

/** The start address of a mini-program link. The values arrive encoded and stay so: pages decode them. */
export function startAddress(found: ScannedApp): string {
  const query = Object.entries(found.query).map(([key, value]) => `${key}=${value}`).join('&');
  return `/${found.path.replace(/^\//, '')}${query ? `?${query}` : ''}`;
}

/** WeChat's own scanner (not wx.scanCode): opens mini-programs, pays, or shows the text. */
export async function scannedByWeChat(text: string, enter: (address: string, scene: number) => void) {
  const found = await world.scan(text);
  if (found.kind === 'miniprogram') return enter(startAddress(found), found.scene);
  if (found.kind === 'pay') {
    const action = await paymentSheet({ payee: found.payee ?? '微信支付商户', description: found.description, total: found.total });
    const { errMsg } = await world.payNative(found.code_url, action);
    return toast(errMsg.endsWith(':ok') ? '支付成功' : action === 'cancel' ? '已取消支付' : '支付失败');
  }
  toast(found.text ?? text, 3000);
}

/** WeChat's own face check, and E证通's: whoever holds the phone looks into the camera, or leaves. */
function installFace() {
  const look = async (title: string) => {
    const person = await holder();
    return ask({ title, lines: [`将由${person?.nickname ?? '手机持有人'}正对屏幕完成`], yes: '开始', no: '退出' });
  };
  async('requestFacialVerify', async (o) => {
    if (typeof o.verifyId !== 'string' || !o.verifyId) throw refuse('requestFacialVerify', 'parameter error: parameter.verifyId should be String');
    const action = (await look('微信人脸核身')) ? 'look' : 'cancel';
    const { verify_ret } = await world.facialVerify(o.verifyId, action).catch(() => {
      throw refuse('requestFacialVerify', 'verifyId is invalid', { errCode: 90100 });
    });
    if (verify_ret !== 10000) throw refuse('requestFacialVerify', action === 'cancel' ? 'cancel' : 'verify failed', { errCode: verify_ret });
    return { verifyResult: '' };
  });
  hostSdk.startEid = (options: Any) => {
    calls.push({ name: 'startEid', args: {} });
    void look('E证通').then(async (agreed) => {
      const done = agreed ? await world.eid(options.data.token).catch(() => null) : null;
      options.verifyDoneCallback?.(done ?? { token: options.data.token, verifyDone: false });
    });
  };
}

function installScan() {
  async('scanCode', async () => {
    await needPrivacy('scanCode');
    const result = await openScanner();
    if (result === null) throw refuse('scanCode', 'cancel');
    return { result, scanType: 'QR_CODE', charSet: 'utf-8', path: '', rawData: '' };
  });
}

function installSharing() {
  openTypes.contact = (component) => {
    calls.push({ name: 'open-type:contact', args: {} });
    toast('已打开客服会话');
    fire(component, 'contact', { path: '', query: {} });
  };
  openTypes.share = (component) => {
    const target = { dataset: component.dataset, id: component.id };
    const card = currentPage()?.instance.onShareAppMessage?.({ from: 'button', target });
    calls.push({ name: 'open-type:share', args: card ?? {} });
    toast(`已分享：${card?.title ?? ''}`);
  };
  openTypes.feedback = () => void calls.push({ name: 'open-type:feedback', args: {} });
  async('openCustomerServiceChat', () => toast('已打开客服会话'));
}

export function installAccount() {
  installLogin();
  installSubscribe();
  installPayment();
  installFace();
  installScan();
  installSharing();
}
