// WeChat's own scanner: a link, a picture, or a window of this computer; what it finds opens on the phone.
import jsQR from 'jsqr';
import { h } from '../runtime/dom.ts';
import type { FramedPhone } from './phone.ts';

const LOOK_EVERY_MS = 400;

/** Looks at a shared window until it shows a QR code. */
async function watch(found: (text: string) => void): Promise<void> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true });
  const video = h('video', { muted: true });
  video.srcObject = stream;
  await video.play();
  const canvas = h('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  const timer = setInterval(() => {
    if (stream.getTracks().every((track) => track.readyState === 'ended')) return clearInterval(timer);
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!canvas.width) return;
    context.drawImage(video, 0, 0);
    const code = jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
    if (!code?.data) return;
    clearInterval(timer);
    stop();
    found(code.data);
  }, LOOK_EVERY_MS);
}

export function scannerCard(phone: FramedPhone): HTMLElement {
  const say = h('p', { className: 'empty', role: 'status' });
  const scan = async (text: string) => {
    say.textContent = '已扫描';
    await phone.host?.scan(text).catch((e: Error) => (say.textContent = e.message));
  };
  const look = async (file: Blob | undefined) => {
    const text = file && (await phone.host?.readCode(file));
    if (text) await scan(text);
    else say.textContent = '图片里没有二维码';
  };
  const link = h('input', { type: 'text', placeholder: '粘贴二维码里的链接', 'aria-label': '二维码里的链接' });
  link.onkeydown = (e) => {
    if (e.key === 'Enter' && link.value) void scan(link.value.trim());
  };
  const picture = h('input', { type: 'file', accept: 'image/*', hidden: true });
  picture.onchange = () => void look(picture.files?.[0]);
  const drop = h('div', { className: 'drop', tabIndex: 0 }, '把二维码图片拖到这里，或在此处粘贴截图');
  drop.ondragover = (e) => e.preventDefault();
  drop.ondrop = (e) => {
    e.preventDefault();
    void look(e.dataTransfer?.files[0]);
  };
  document.addEventListener('paste', (e) => {
    const file = e.clipboardData?.files[0];
    if (file) void look(file);
  });
  const camera = h('button', { className: 'chip', onclick: () => void watch((text) => void scan(text)).catch(() => (say.textContent = '没有选择窗口')) }, '对准电脑窗口');
  const choose = h('button', { className: 'chip', onclick: () => picture.click() }, '选择图片');
  const go = h('button', { className: 'chip', onclick: () => link.value && void scan(link.value.trim()) }, '扫描');
  return h(
    'section',
    { className: 'card' },
    h('h2', {}, '微信扫一扫', h('small', {}, '扫电脑上显示的二维码')),
    h('div', { className: 'row' }, link, go),
    h('div', { className: 'row' }, camera, choose, picture),
    drop,
    say,
  );
}
