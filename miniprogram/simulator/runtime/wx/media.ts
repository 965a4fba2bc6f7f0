// chooseMedia and its kin, CameraContext, image tools, the file system manager.
import type { Any } from '../types.ts';
import { mounted, type Camera } from '../components/camera.ts';
import { behaviourOf } from '../components/registry.ts';
import { h } from '../dom.ts';
import { dropFile, fileBlob, fileUrl, holdFile, writeFile } from '../files.ts';
import { report } from '../mp.ts';
import { toast } from '../sheets/dialogs.ts';
import { choosePhotos } from '../sheets/photo.ts';
import { async, constant, refuse, sync } from './api.ts';
import { needPrivacy } from './privacy.ts';

async function pick(name: string, o: Any, accept: string): Promise<File[]> {
  await needPrivacy(name);
  const sources: string[] = o.sourceType ?? ['album', 'camera'];
  const files = await choosePhotos({
    count: o.count ?? 9,
    accept,
    camera: sources.includes('camera') && name !== 'chooseMessageFile',
    album: sources.includes('album'),
  });
  if (!files?.length) throw refuse(name, 'cancel');
  return files;
}

const extensionOf = (file: File) => (file.name.includes('.') ? file.name.split('.').pop()! : undefined);

async function sizeOf(blob: Blob): Promise<{ width: number; height: number }> {
  if (!blob.type.startsWith('image/')) return { width: 0, height: 0 };
  const bitmap = await createImageBitmap(blob).catch(() => null);
  return { width: bitmap?.width ?? 0, height: bitmap?.height ?? 0 };
}

function installChoosing() {
  async('chooseMedia', async (o) => {
    const kinds: string[] = o.mediaType ?? ['image', 'video'];
    const accept = kinds.includes('mix') ? 'image/*,video/*' : kinds.map((kind) => `${kind}/*`).join(',');
    const files = await pick('chooseMedia', o, accept);
    const tempFiles = await Promise.all(
      files.map(async (file) => ({
        tempFilePath: holdFile(file, extensionOf(file)),
        size: file.size,
        fileType: file.type.split('/')[0],
        duration: 0,
        thumbTempFilePath: '',
        ...(await sizeOf(file)),
      })),
    );
    return { type: tempFiles[0]!.fileType, tempFiles };
  });
  async('chooseImage', async (o) => {
    const files = await pick('chooseImage', o, 'image/*');
    const tempFiles = files.map((file) => ({ path: holdFile(file, extensionOf(file)), size: file.size }));
    return { tempFilePaths: tempFiles.map((file) => file.path), tempFiles };
  });
  async('chooseMessageFile', async (o) => {
    const files = await pick('chooseMessageFile', o, '*/*');
    const describe = (file: File) => ({ path: holdFile(file, extensionOf(file)), size: file.size, name: file.name, type: 'file', time: 0 });
    return { tempFiles: files.map(describe) };
  });
}

function installImageTools() {
  async('getImageInfo', async (o) => {
    const blob = await fileBlob(o.src);
    return { ...(await sizeOf(blob)), path: o.src, orientation: 'up', type: blob.type.split('/')[1] ?? 'unknown' };
  });
  async('compressImage', async (o) => {
    const bitmap = await createImageBitmap(await fileBlob(o.src));
    const scale = Math.min(1, (o.compressedWidth ?? bitmap.width) / bitmap.width);
    const canvas = h('canvas', { width: bitmap.width * scale, height: bitmap.height * scale });
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob>((resolve) => canvas.toBlob((b) => resolve(b!), 'image/jpeg', (o.quality ?? 80) / 100));
    return { tempFilePath: holdFile(blob, 'jpg') };
  });
  const preview = (url: string) => {
    const box = h('div', { className: 'mp-mask preview', role: 'dialog', 'aria-label': '查看图片' }, h('img', { src: fileUrl(url), alt: '' }));
    box.onclick = () => box.remove();
    document.body.append(box);
  };
  async('previewImage', (o) => preview(o.current ?? o.urls[0]));
  async('previewMedia', (o) => preview(o.sources[o.current ?? 0].url));
  async('saveImageToPhotosAlbum', async (o) => {
    await needPrivacy('saveImageToPhotosAlbum');
    await fileBlob(o.filePath);
    toast('已保存到相册');
  });
  async('openDocument', async (o) => void window.open(URL.createObjectURL(await fileBlob(o.filePath)), '_blank'));
}

/** Methods of CameraContext are callback-only in the typings. */
const cameraMethod = (name: 'takePhoto' | 'startRecord' | 'stopRecord') => (o: Any = {}) => {
  const run = async () => {
    const camera: Camera | null = mounted;
    if (!camera) throw refuse(name, 'camera is not mounted');
    return camera[name](o);
  };
  run().then(
    (result) => {
      const value = { errMsg: `${name}:ok`, ...result };
      o.success?.(value);
      o.complete?.(value);
    },
    (e) => {
      if (!e.errMsg) report(`CameraContext.${name}`, e);
      const value = { errMsg: e.errMsg ?? `${name}:fail ${e.message}` };
      o.fail?.(value);
      o.complete?.(value);
    },
  );
};

function installContexts() {
  sync('createCameraContext', () => ({
    takePhoto: cameraMethod('takePhoto'),
    startRecord: cameraMethod('startRecord'),
    stopRecord: cameraMethod('stopRecord'),
    setZoom: () => {},
    onCameraFrame: () => ({ start: () => {}, stop: () => {} }),
  }));
  sync('createVideoContext', (id: string) => {
    const video = (): HTMLVideoElement | undefined => behaviourOf(document.getElementById(id))?.video;
    return {
      play: () => void video()?.play(),
      pause: () => video()?.pause(),
      stop: () => video()?.pause(),
      seek(seconds: number) {
        const found = video();
        if (found) found.currentTime = seconds;
      },
    };
  });
}

/** Wraps a file operation with success and fail. */
const fileCall = (name: string, f: (o: Any) => Any) => (o: Any) => {
  Promise.resolve()
    .then(() => f(o))
    .then(
      (result) => o.success?.({ errMsg: `${name}:ok`, ...result }),
      (e: Error) => o.fail?.({ errMsg: `${name}:fail ${e.message}` }),
    );
};

async function read(o: Any) {
  const bytes = await (await fileBlob(o.filePath)).arrayBuffer();
  if (o.encoding === 'base64') return { data: toBase64(bytes) };
  return { data: o.encoding ? new TextDecoder().decode(bytes) : bytes };
}

export const toBase64 = (bytes: ArrayBuffer) => {
  let text = '';
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
};
export const fromBase64 = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

export function installMedia() {
  installChoosing();
  installImageTools();
  installContexts();
  constant('env', { USER_DATA_PATH: 'wxfile://usr' });
  sync('getFileSystemManager', () => ({
    readFile: fileCall('readFile', read),
    getFileInfo: fileCall('getFileInfo', async (o) => ({ size: (await fileBlob(o.filePath)).size })),
    writeFile: fileCall('writeFile', (o) => {
      const bytes = o.encoding === 'base64' ? fromBase64(o.data) : o.data;
      writeFile(o.filePath, new Blob([bytes]));
    }),
    unlink: fileCall('unlink', (o) => {
      if (!dropFile(o.filePath)) throw new Error('no such file or directory');
    }),
    access: fileCall('access', async (o) => void (await fileBlob(o.path))),
    saveFile: fileCall('saveFile', (o) => ({ savedFilePath: o.tempFilePath })),
  }));
  sync('arrayBufferToBase64', toBase64);
  sync('base64ToArrayBuffer', fromBase64);
}
