// The scanner: paste a link, give an image (choose, paste, drop), or look at a window of this computer.
import jsQR from 'jsqr';
import { h } from '../dom.ts';
import { sheet, toast } from './dialogs.ts';

const SCAN_EVERY_MS = 300;
const MARGIN = 32;

/** The text of the QR code in a picture, or null. Large pictures are also tried smaller. */
export async function readCode(source: ImageBitmapSource): Promise<string | null> {
  const bitmap = await createImageBitmap(source);
  for (const longest of [Math.max(bitmap.width, bitmap.height), 1600, 1000, 600]) {
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    // a white margin, because a picture cut close to the code has no quiet zone
    const [outerWidth, outerHeight] = [width + 2 * MARGIN, height + 2 * MARGIN];
    const context = h('canvas', { width: outerWidth, height: outerHeight }).getContext('2d', { willReadFrequently: true })!;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, outerWidth, outerHeight);
    context.drawImage(bitmap, MARGIN, MARGIN, width, height);
    const found = jsQR(context.getImageData(0, 0, outerWidth, outerHeight).data, outerWidth, outerHeight);
    if (found?.data) return found.data;
  }
  return null;
}

async function watchWindow(video: HTMLVideoElement, found: (text: string) => void) {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true });
  video.hidden = false;
  video.srcObject = stream;
  await video.play();
  const timer = setInterval(async () => {
    if (!video.isConnected) {
      clearInterval(timer);
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    const text = video.videoWidth ? await readCode(video) : null;
    if (!text) return;
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    found(text);
  }, SCAN_EVERY_MS);
}

/** What was scanned; null when the person closed the scanner. */
export function openScanner(): Promise<string | null> {
  return sheet<string | null>('扫一扫', null, (close) => {
    const link = h('input', { placeholder: '粘贴二维码中的链接', 'aria-label': '二维码内容' });
    const picture = h('input', { type: 'file', accept: 'image/*', hidden: true });
    const finder = h('video', { className: 'finder', muted: true, playsinline: '', hidden: true });
    const look = async (file: Blob | null | undefined) => {
      if (!file) return;
      const text = await readCode(file);
      if (text) close(text);
      else toast('未发现二维码');
    };
    picture.onchange = () => void look(picture.files?.[0]);
    const onPaste = (e: ClipboardEvent) => {
      const file = [...(e.clipboardData?.files ?? [])][0];
      if (file) void look(file);
    };
    const zone = h('div', { className: 'drop', tabIndex: 0 }, '把二维码图片拖到这里，或按 Ctrl+V 粘贴');
    zone.ondragover = (e) => e.preventDefault();
    zone.ondrop = (e) => {
      e.preventDefault();
      void look(e.dataTransfer?.files[0]);
    };
    zone.addEventListener('paste', onPaste);
    link.addEventListener('paste', onPaste);
    link.onkeydown = (e) => {
      if (e.key === 'Enter' && link.value.trim()) close(link.value.trim());
    };
    const capture = h('button', { className: 'row', onclick: () => void watchWindow(finder, close).catch(() => toast('没有可看的窗口')) }, '对准电脑上的窗口');
    return [
      h('h3', {}, '扫一扫'),
      finder,
      h('div', { className: 'line' }, link, h('button', { className: 'yes', onclick: () => link.value.trim() && close(link.value.trim()) }, '识别')),
      zone,
      picture,
      'getDisplayMedia' in (navigator.mediaDevices ?? {}) ? capture : null,
      h('button', { className: 'row', onclick: () => picture.click() }, '从相册选取二维码'),
      h('button', { className: 'row cancel', onclick: () => close(null) }, '取消'),
    ];
  });
}
