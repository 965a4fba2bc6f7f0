// image, cover-image, video, canvas, web-view.
import type { Any } from '../types.ts';
import { any, define, fire, flag, number, string } from './registry.ts';
import { h } from '../dom.ts';
import { fileUrl } from '../files.ts';

const FIT: Record<string, string> = {
  scaleToFill: 'fill', aspectFit: 'contain', aspectFill: 'cover', widthFix: 'fill', heightFix: 'fill',
};

const routeOf = (element: HTMLElement) => element.closest<HTMLElement>('[data-route]')?.dataset.route ?? '';

function installImage() {
  const own = {
    src: string(), mode: string('scaleToFill'), lazyLoad: flag(), showMenuByLongpress: flag(), webp: flag(), fadeIn: flag(),
    forceHttps: any(), svg: any(),
  };
  define('image', own, (element, component) => {
    const image = h('img', { alt: '', draggable: false });
    element.append(image);
    image.onload = () => {
      if (component.data.mode === 'widthFix') {
        element.style.height = `${(element.clientWidth * image.naturalHeight) / image.naturalWidth}px`;
      }
      if (component.data.mode === 'heightFix') {
        element.style.width = `${(element.clientHeight * image.naturalWidth) / image.naturalHeight}px`;
      }
      fire(component, 'load', { width: image.naturalWidth, height: image.naturalHeight });
    };
    image.onerror = () => fire(component, 'error', { errMsg: `GET ${component.data.src} 404 (Not Found)` });
    const fit = () => (image.style.objectFit = FIT[component.data.mode] ?? 'none');
    const load = () => {
      const { src } = component.data;
      if (src) image.src = fileUrl(src, routeOf(element));
      else image.removeAttribute('src');
    };
    return {
      role: 'img',
      update(name, value) {
        if (name === 'src' && element.isConnected) load();
        if (name === 'mode') fit();
        if (name === 'ariaLabel') image.alt = value ?? '';
      },
      attached() {
        fit();
        load();
      },
    };
  });
  define('cover-image', { src: string(), referrerPolicy: string() }, (element) => {
    const image = h('img', { alt: '' });
    element.append(image);
    return {
      update(name, value) {
        if (name === 'src') image.src = fileUrl(value, routeOf(element));
      },
    };
  });
}

function installVideo() {
  const own = {
    src: string(), controls: flag(true), autoplay: flag(), loop: flag(), muted: flag(), initialTime: number(), duration: number(),
    objectFit: string('contain'), poster: string(), showCenterPlayBtn: flag(true), showPlayBtn: flag(true), title: string(),
    showFullscreenBtn: flag(true), enableProgressGesture: flag(true), direction: any(), showMuteBtn: flag(), showProgress: flag(true),
  };
  define('video', own, (element, component) => {
    const video = h('video', { playsinline: '' });
    element.append(video);
    for (const name of ['play', 'pause', 'ended', 'waiting']) video.addEventListener(name, () => fire(component, name));
    video.addEventListener('loadedmetadata', () => {
      fire(component, 'loadedmetadata', { width: video.videoWidth, height: video.videoHeight, duration: video.duration });
    });
    video.addEventListener('error', () => fire(component, 'error', { errMsg: String(video.error?.message) }));
    video.addEventListener('timeupdate', () => {
      fire(component, 'timeupdate', { currentTime: video.currentTime, duration: video.duration });
    });
    return {
      video,
      update(name, value) {
        if (name === 'src') video.src = fileUrl(value);
        else if (name === 'poster') video.poster = fileUrl(value);
        else if (name === 'objectFit') video.style.objectFit = value;
        else if (['controls', 'autoplay', 'loop', 'muted'].includes(name)) (video as Any)[name] = value;
      },
      attached() {
        video.controls = component.data.controls;
        video.style.objectFit = component.data.objectFit;
      },
    };
  });
}

/** `canvas.createImage()`: an image whose src may be a temporary file. */
function canvasImage() {
  const image = new Image();
  const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src')!;
  Object.defineProperty(image, 'src', {
    get: () => source.get!.call(image),
    set: (value: string) => source.set!.call(image, fileUrl(value)),
  });
  return image;
}

export function installPictures() {
  installImage();
  installVideo();
  define('canvas', { type: string(), canvasId: string(), disableScroll: flag() }, (element) => {
    const canvas = element.appendChild(document.createElement('canvas')) as Any;
    canvas.requestAnimationFrame = (f: FrameRequestCallback) => requestAnimationFrame(f);
    canvas.cancelAnimationFrame = (id: number) => cancelAnimationFrame(id);
    canvas.createImage = canvasImage;
    return { node: canvas };
  });
  define('web-view', { src: string() }, (element, component) => {
    const frame = h('iframe', { title: 'web-view', onload: () => fire(component, 'load', { src: component.data.src }) });
    element.append(frame);
    return {
      update(name, value) {
        if (name === 'src') frame.src = value;
      },
    };
  });
}
