// The camera's picture: the real webcam when there is one, else a drawn face of the phone's owner and a soft tone.
import { h } from '../dom.ts';
import { owner, settings } from '../mp.ts';

const WIDTH = 720;
const HEIGHT = 960;
const FRAMES_PER_SECOND = 25;

async function webcam(front: boolean, audio: boolean): Promise<MediaStream> {
  const video = { facingMode: front ? 'user' : 'environment', width: { ideal: 1280 }, height: { ideal: 720 } };
  return navigator.mediaDevices.getUserMedia({ video, audio });
}

/** A quiet tone, so that the recording has a sound track. */
function tone(): MediaStreamTrack | null {
  try {
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: 220 });
    const volume = new GainNode(context, { gain: 0.05 });
    const out = context.createMediaStreamDestination();
    oscillator.connect(volume).connect(out);
    oscillator.start();
    return out.stream.getAudioTracks()[0] ?? null;
  } catch {
    return null;
  }
}

/** A plain head that nods and blinks, for a phone without a sandbox behind it. */
function drawHead(context: CanvasRenderingContext2D, t: number) {
  const sway = Math.sin(t / 900) * 14;
  context.fillStyle = '#cfd8e3';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = '#3c4d63';
  context.beginPath();
  context.ellipse(WIDTH / 2, HEIGHT + 60, 320, 300, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = '#e8c4a4';
  context.beginPath();
  context.ellipse(WIDTH / 2 + sway, 430, 180, 230, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = '#2a211c';
  context.beginPath();
  context.ellipse(WIDTH / 2 + sway, 270, 190, 110, 0, Math.PI, Math.PI * 2);
  context.fill();
  const open = Math.floor(t / 2600) * 2600 + 140 > t ? 2 : 14;
  for (const side of [-70, 70]) {
    context.beginPath();
    context.ellipse(WIDTH / 2 + sway + side, 410, 20, open, 0, 0, Math.PI * 2);
    context.fill();
  }
  context.fillStyle = '#a8524a';
  context.beginPath();
  context.ellipse(WIDTH / 2 + sway, 550, 54, 8 + Math.abs(Math.sin(t / 180)) * 18, 0, 0, Math.PI * 2);
  context.fill();
}

/** The owner's face as the sandbox draws it: motion JPEG read by an image element. */
function faceImage(): Promise<HTMLImageElement | null> {
  return new Promise((resolve) => {
    const image = h('img', { alt: '' });
    const give = (result: HTMLImageElement | null) => () => resolve(result);
    image.onload = give(image);
    image.onerror = give(null);
    setTimeout(() => resolve(image.naturalWidth ? image : null), 1500);
    image.style.cssText = 'position:fixed;left:-9999px;width:1px;height:1px';
    document.body.append(image);
    image.src = `/samples/person/${encodeURIComponent(owner)}/face.mjpeg`;
  });
}

async function drawn(audio: boolean): Promise<MediaStream> {
  const canvas = h('canvas', { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext('2d')!;
  const face = await faceImage();
  const started = performance.now();
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  const [track] = stream.getVideoTracks();
  const paint = () => {
    const t = performance.now() - started;
    if (face) {
      const scale = Math.max(WIDTH / face.naturalWidth, HEIGHT / face.naturalHeight);
      const [w, height] = [face.naturalWidth * scale, face.naturalHeight * scale];
      context.drawImage(face, (WIDTH - w) / 2, (HEIGHT - height) / 2, w, height);
    } else drawHead(context, t);
    if (track?.readyState === 'live') setTimeout(paint, 1000 / FRAMES_PER_SECOND);
    else face?.remove();
  };
  paint();
  const sound = audio ? tone() : null;
  if (sound) stream.addTrack(sound);
  return stream;
}

/** Opens the camera the phone has. */
export async function openCamera(front: boolean, audio = true): Promise<MediaStream> {
  if (settings.camera === 'drawn' || !navigator.mediaDevices) return drawn(audio);
  try {
    return await webcam(front, audio);
  } catch (e) {
    if (settings.camera === 'webcam') throw e;
    return drawn(audio);
  }
}
