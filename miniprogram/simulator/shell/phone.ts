// The phone in its frame: an iframe of this same page with `bare=1`, reached through its `__mp`.
import { h } from '../runtime/dom.ts';

/** What the desk uses of a phone's host. */
export interface PhoneHost {
  started: boolean;
  errors: string[];
  owner: string;
  settings: { theme: string; fontScale: number; network: string; camera: string };
  change(next: object): void;
  background(hidden: boolean): void;
  warnMemory(): void;
  clearStorage(): void;
  readCode(source: Blob): Promise<string | null>;
  scan(text: string): Promise<void>;
}

const ALLOW = 'camera; microphone; display-capture; clipboard-read; clipboard-write';

export class FramedPhone {
  readonly frame = h('iframe', { title: '手机', allow: ALLOW });
  readonly element = h('div', { className: 'frame' }, this.frame);
  private owner = '';

  /** Hands the phone to somebody: their own WeChat, storage and messages. */
  give(openid: string) {
    this.owner = openid;
    this.restart();
  }

  /** Kills the mini-program and starts it again. */
  restart() {
    this.frame.src = `${location.pathname}?as=${encodeURIComponent(this.owner)}&bare=1&n=${Date.now()}`;
  }

  get host(): PhoneHost | undefined {
    return (this.frame.contentWindow as unknown as { __mp?: PhoneHost } | null)?.__mp;
  }
}
