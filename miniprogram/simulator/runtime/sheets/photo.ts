// "Photograph or choose": the sample papers of the desk, the webcam, or a file.
import { h } from '../dom.ts';
import { samples, type Sample } from '../world.ts';
import { openCamera } from '../wx/face-feed.ts';
import { sheet } from './dialogs.ts';

export interface PhotoRequest {
  count: number;
  /** accept attribute of the file picker */
  accept: string;
  /** the camera is offered */
  camera: boolean;
  album: boolean;
}

type Choice = { kind: 'files'; files: File[] } | { kind: 'sample'; sample: Sample } | { kind: 'webcam' } | { kind: 'cancel' };

function filePicker(request: PhotoRequest, close: (choice: Choice) => void) {
  const input = h('input', { type: 'file', accept: request.accept, multiple: request.count > 1, hidden: true });
  input.onchange = () => close({ kind: 'files', files: [...(input.files ?? [])].slice(0, request.count) });
  return [input, h('button', { className: 'row', onclick: () => input.click() }, '从手机相册选择')];
}

function sampleGrid(list: Sample[], close: (choice: Choice) => void) {
  const groups = Map.groupBy(list, (sample) => sample.group);
  return [...groups].map(([group, members]) =>
    h(
      'section',
      { className: 'samples' },
      h('h4', {}, group),
      h(
        'div',
        { className: 'grid' },
        ...members.map((sample) =>
          h(
            'button',
            { className: 'sample', 'aria-label': sample.title, onclick: () => close({ kind: 'sample', sample }) },
            h('img', { src: sample.thumbnail || sample.url, alt: '', loading: 'lazy' }),
            h('span', {}, sample.title),
          ),
        ),
      ),
    ),
  );
}

/** One frame from the webcam, after a look at it. */
async function webcamShot(): Promise<File | null> {
  const stream = await openCamera(false, false);
  const video = h('video', { muted: true, autoplay: true, playsinline: '', className: 'finder' });
  video.srcObject = stream;
  const blob = await sheet<Blob | null>('拍照', null, (close) => [
    video,
    h('button', {
      className: 'shutter',
      'aria-label': '按下快门',
      onclick: () => {
        const canvas = h('canvas', { width: video.videoWidth, height: video.videoHeight });
        canvas.getContext('2d')!.drawImage(video, 0, 0);
        canvas.toBlob(close, 'image/jpeg', 0.92);
      },
    }),
  ]);
  stream.getTracks().forEach((track) => track.stop());
  return blob && new File([blob], 'photo.jpg', { type: 'image/jpeg' });
}

async function fetchSample(sample: Sample): Promise<File> {
  const response = await fetch(sample.url);
  if (!response.ok) throw new Error(`sample ${sample.id}: ${response.status}`);
  const blob = await response.blob();
  return new File([blob], `${sample.id}.jpg`, { type: blob.type || 'image/jpeg' });
}

/** The files chosen; null when the person closed the sheet. */
export async function choosePhotos(request: PhotoRequest): Promise<File[] | null> {
  // moving pictures are for the camera component, not to be photographed
  const papers = /image/.test(request.accept) && request.camera ? await samples() : [];
  const list = papers.filter((paper) => !paper.url.endsWith('.mjpeg'));
  const choice = await sheet<Choice>('拍摄或选择', { kind: 'cancel' }, (close) => [
    h(
      'div',
      { className: 'scroll' },
      list.length ? h('p', { className: 'hint' }, '桌上的样张（点一张即拍摄它）') : null,
      ...sampleGrid(list, close),
    ),
    request.camera ? h('button', { className: 'row', onclick: () => close({ kind: 'webcam' }) }, '拍摄') : null,
    ...(request.album ? filePicker(request, close) : []),
    h('button', { className: 'row cancel', onclick: () => close({ kind: 'cancel' }) }, '取消'),
  ]);
  if (choice.kind === 'cancel') return null;
  if (choice.kind === 'sample') return [await fetchSample(choice.sample)];
  if (choice.kind === 'files') return choice.files;
  const shot = await webcamShot();
  return shot && [shot];
}
