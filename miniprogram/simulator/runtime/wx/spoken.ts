// What the person before the camera says: the number that stands on the page, if any. The host cannot speak, so it leaves
// a note at the end of the recording (an MP4 box that players skip), which the sandbox takes for the voice and the face.
import { owner } from '../mp.ts';

const NUMBER = /^\d{4,8}$/;

const isVisible = (element: Element | null) => !!element && element.getClientRects().length > 0;

function* textsIn(root: Node): Generator<Text> {
  for (const node of root.childNodes) {
    if (node instanceof Text) yield node;
    else if (node instanceof Element) {
      if (node.shadowRoot) yield* textsIn(node.shadowRoot);
      yield* textsIn(node);
    }
  }
}

/** The number a person reads off the screen now. */
export function numberOnScreen(root: Node = document.body): string | null {
  for (const text of textsIn(root)) {
    const words = text.data.trim();
    if (NUMBER.test(words) && isVisible(text.parentElement)) return words;
  }
  return null;
}

/** The note: a `free` box with `ZZFACE:<openid>:<digits>`; null when there is nothing to read aloud. */
export function spokenNote(digits: string | null): Uint8Array<ArrayBuffer> | null {
  if (!digits) return null;
  const text = new TextEncoder().encode(`ZZFACE:${owner}:${digits}`);
  const box = new Uint8Array(8 + text.length);
  new DataView(box.buffer).setUint32(0, box.length);
  box.set(new TextEncoder().encode('free'), 4);
  box.set(text, 8);
  return box;
}
