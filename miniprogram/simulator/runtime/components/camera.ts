// camera: the webcam, or, where there is none, a drawing of the phone's owner.
import type { Any } from '../types.ts';
import { define, fire, string } from './registry.ts';
import { h } from '../dom.ts';
import { holdFile } from '../files.ts';
import { askScope } from '../wx/privacy.ts';
import { openCamera } from '../wx/face-feed.ts';
import { numberOnScreen, spokenNote } from '../wx/spoken.ts';

const RECORD_TYPES = ['video/mp4;codecs=avc1.42E01E,mp4a.40.2', 'video/mp4', 'video/webm;codecs=vp8,opus', 'video/webm'];
const QUALITY: Record<string, number> = { original: 1, high: 0.95, normal: 0.85, low: 0.6 };
const LONGEST_S = 300;

/** The one camera that may be mounted. */
export let mounted: Camera | null = null;

const refuse = (method: string, reason: string) => Object.assign(new Error(reason), { errMsg: `${method}:fail ${reason}` });

/** One mounted `<camera>`; CameraContext talks to it. */
export class Camera {
  private stream: MediaStream | null = null;
  private recorder: MediaRecorder | null = null;
  private chunks: Blob[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly component: Any,
  ) {}

  get front() {
    return this.component.data.devicePosition === 'front';
  }

  async open() {
    if (mounted) return fire(this.component, 'error', { errMsg: 'insertCamera:fail: only one camera is allowed' });
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the one camera of the phone
    mounted = this;
    try {
      if (!(await askScope('scope.camera'))) throw new Error('auth deny');
      this.stream = await openCamera(this.front);
      if (mounted !== this) return this.close();
      this.video.srcObject = this.stream;
      await this.video.play();
      this.video.style.transform = this.front ? 'scaleX(-1)' : '';
      fire(this.component, 'initdone', { maxZoom: 1 });
    } catch (e) {
      if (mounted === this) fire(this.component, 'error', { errMsg: `insertCamera:fail ${(e as Error).message}` });
    }
  }

  close() {
    if (mounted === this) mounted = null;
    clearTimeout(this.timer);
    if (this.recorder) {
      this.recorder.stop();
      this.recorder = null;
      fire(this.component, 'stop');
    }
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  async takePhoto(o: Any = {}) {
    if (!this.stream) throw refuse('takePhoto', 'camera is not ready');
    const { videoWidth, videoHeight } = this.video;
    const canvas = h('canvas', { width: videoWidth, height: videoHeight });
    canvas.getContext('2d')!.drawImage(this.video, 0, 0);
    const quality = QUALITY[o.quality] ?? 0.85;
    const blob = await new Promise<Blob>((resolve) => canvas.toBlob((b) => resolve(b!), 'image/jpeg', quality));
    return { tempImagePath: holdFile(blob, 'jpg'), width: videoWidth, height: videoHeight };
  }

  async startRecord(o: Any = {}) {
    if (this.recorder) throw refuse('startRecord', 'is recording');
    if (!this.stream) throw refuse('startRecord', 'camera is not ready');
    if (!(await askScope('scope.record'))) throw refuse('startRecord', 'auth deny');
    this.chunks = [];
    const mimeType = RECORD_TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? '';
    this.recorder = new MediaRecorder(this.stream, { mimeType });
    this.recorder.ondataavailable = (e) => void (e.data.size && this.chunks.push(e.data));
    this.recorder.start(200);
    const seconds = Math.min(o.timeout ?? 30, LONGEST_S);
    this.timer = setTimeout(() => {
      if (this.recorder) void this.stopRecord().then((result) => o.timeoutCallback?.(result));
    }, seconds * 1000);
    return {};
  }

  async stopRecord() {
    const recorder = this.recorder;
    if (!recorder) throw refuse('stopRecord', 'is not recording');
    clearTimeout(this.timer);
    this.recorder = null;
    const spoken = this.front ? spokenNote(numberOnScreen()) : null;
    const thumb = await this.takePhoto({ quality: 'low' });
    await new Promise((resolve) => {
      recorder.onstop = resolve;
      recorder.stop();
    });
    const type = recorder.mimeType.split(';')[0]!;
    const isMp4 = type === 'video/mp4';
    const blob = new Blob(isMp4 && spoken ? [...this.chunks, spoken] : this.chunks, { type });
    const extension = isMp4 ? 'mp4' : 'webm';
    return { tempThumbPath: thumb.tempImagePath, tempVideoPath: holdFile(blob, extension), size: blob.size };
  }
}

export function installCamera() {
  const own = {
    mode: string('normal'), resolution: string('medium'), devicePosition: string('back'), flash: string('auto'), frameSize: string('medium'),
  };
  define('camera', own, (element, component) => {
    const video = element.appendChild(h('video', { muted: true, autoplay: true, playsinline: '' }));
    const camera = new Camera(video, component);
    return {
      attached: () => void camera.open(),
      detached: () => camera.close(),
      update(name) {
        if (name !== 'devicePosition' || !element.isConnected || mounted !== camera) return;
        camera.close();
        void camera.open();
      },
    };
  });
}
