// Drives desktop windows and phones in headless Chromium, as people would: by what they read, with taps counted.
import fs from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import type { Looks } from './looks/looks.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

export interface StageOptions {
  /** Where the phone on the desk is served (the sandbox). */
  phoneUrl: string;
  /** Where the product's desktop pages are. */
  desktopUrl?: string;
  /** Folder for numbered screenshots; none are taken without it. */
  shots?: string;
  /** A file of JPEG frames one after another: what the fake camera sees. */
  face?: string;
  /** Looks at every screen of a phone that a story comes by. */
  looks?: Looks;
}

export interface PhoneOptions {
  /** First page, with query: "/pages/home/home?x=1". */
  path?: string;
  /** Launch scene, 1001 unless told. */
  scene?: number;
  dark?: boolean;
  /** 1.4 is WeChat's care mode. */
  fontScale?: number;
  width?: number;
  height?: number;
  permissions?: 'ask' | 'grant' | 'deny';
  privacy?: 'ask' | 'agreed';
  /** 'drawn' shows the drawn face, 'auto' the browser's (fake) webcam. */
  camera?: 'auto' | 'webcam' | 'drawn';
}

/** Everything on one desk: browser, desktop windows, phones, numbered screenshots. */
export class Stage {
  private shotCount = 0;
  private readonly contexts: BrowserContext[] = [];
  readonly phones: Phone[] = [];
  readonly desktopErrors: string[] = [];

  private constructor(
    readonly browser: Browser,
    readonly options: StageOptions,
  ) {}

  static async open(options: StageOptions): Promise<Stage> {
    const face = options.face ? [`--use-file-for-fake-video-capture=${options.face}`] : [];
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: [...FLAGS, ...face] });
    if (options.shots) fs.mkdirSync(options.shots, { recursive: true });
    return new Stage(browser, options);
  }

  /** A desktop window at a path of the product. */
  async desktop(at = '/'): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'zh-CN' });
    this.contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (e) => this.desktopErrors.push(e.message));
    await page.goto(new URL(at, this.options.desktopUrl).href);
    return page;
  }

  /** The phone of one person. Two people are two phones: nothing is shared between them. */
  async phone(openid: string, options: PhoneOptions = {}): Promise<Phone> {
    const context = await this.browser.newContext({
      viewport: { width: options.width ?? 375, height: options.height ?? 812 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      locale: 'zh-CN',
      colorScheme: options.dark ? 'dark' : 'light',
      permissions: ['camera', 'microphone'],
    });
    this.contexts.push(context);
    const phone = new Phone(this, openid, await context.newPage(), options);
    this.phones.push(phone);
    await phone.start(options.path, options.scene);
    return phone;
  }

  /** A numbered screenshot: 07-name.png. Returns its path, or undefined when none are kept. */
  async shot(page: Page, name: string): Promise<string | undefined> {
    if (!this.options.shots) return undefined;
    const number = String(++this.shotCount).padStart(2, '0');
    const file = path.join(this.options.shots, `${number}-${name}.png`);
    await pictured(page);
    await page.screenshot({ path: file });
    return file;
  }

  /** Fails on any error of any phone or desktop page. */
  check() {
    const all = [...this.desktopErrors, ...this.phones.flatMap((phone) => phone.problems)];
    if (all.length) throw new Error(`errors on the desk:\n${all.join('\n')}`);
  }

  /** Closes everything; fails if any page had an error. */
  async close() {
    for (const phone of this.phones) await phone.collect();
    await this.browser.close();
    this.check();
  }
}

/** Waits until the pictures in sight are there; a shot of a page that never gets them shows that. */
async function pictured(page: Page) {
  const there = () =>
    [...document.images].every((image) => image.complete || image.loading === 'lazy' || image.getBoundingClientRect().top > innerHeight);
  await page.waitForFunction(there, undefined, { timeout: 5000 }).catch(() => undefined);
}

/** A picture of an element that may just be taking the place of another one. */
async function steady(element: Locator): Promise<Buffer> {
  for (let tries = 0; ; tries++) {
    await element.waitFor();
    try {
      return await element.screenshot({ timeout: 3000 });
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

type Name = string | RegExp;

/** One phone. */
export class Phone {
  /** Taps so far. */
  taps = 0;
  /** Fields typed so far. */
  typed = 0;
  readonly problems: string[] = [];

  constructor(
    private readonly stage: Stage,
    readonly openid: string,
    readonly page: Page,
    private readonly options: PhoneOptions,
  ) {
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (e) => this.problems.push(`page: ${e.message}`));
  }

  /** Starts (or kills and starts again) the mini-program. */
  async start(at = '', scene = 1001) {
    if (this.page.url() !== 'about:blank') await this.collect();
    const { fontScale, permissions = 'grant', privacy = 'agreed', camera } = this.options;
    const query = new URLSearchParams({ as: this.openid, bare: '1', permissions, privacy, launch: String(scene) });
    if (at) query.set('path', at);
    if (fontScale) query.set('font', String(fontScale));
    if (camera) query.set('camera', camera);
    await this.page.goto(`${this.stage.options.phoneUrl}/?${query}`);
    await this.page
      .waitForFunction(() => (window as never as { __mp?: { started: boolean } }).__mp?.started)
      .catch(async (e: Error) => {
        await this.collect();
        throw new Error(`the phone did not start: ${this.problems.join('; ') || e.message}`);
      });
  }

  /** Takes over errors the host has collected. */
  async collect() {
    const errors = await this.page
      .evaluate(() => (window as never as { __mp?: { errors: string[] } }).__mp?.errors.splice(0) ?? [])
      .catch(() => [] as string[]);
    this.problems.push(...errors);
  }

  /** Errors so far, taken away: for tests that expect one. */
  async takeErrors(): Promise<string[]> {
    await this.collect();
    return this.problems.splice(0);
  }

  /** What is visible now: the page on top, or a sheet over it. */
  private get front(): Locator {
    return this.page.locator('body:not(:has(> .mp-mask:not(.clear))), body > .mp-mask:not(.clear)');
  }

  role(role: Parameters<Page['getByRole']>[0], name: Name): Locator {
    return this.front.getByRole(role, { name, exact: typeof name === 'string' }).filter({ visible: true });
  }

  text(text: Name): Locator {
    return this.front.getByText(text, { exact: typeof text === 'string' }).filter({ visible: true });
  }

  /** Taps a button (or another role) by its name; `text` is taken when there is no such control. */
  async tap(name: Name, role: Parameters<Page['getByRole']>[0] = 'button') {
    const control = this.role(role, name).first();
    const words = this.text(name).first();
    const target = control.or(words).first();
    await target.waitFor();
    await this.stage.options.looks?.at(this.page);
    await ((await control.count()) ? control : words).tap();
    this.taps++;
  }

  /** Types into the field with this label or placeholder. */
  async type(label: string, value: string) {
    const field = this.page.getByLabel(label, { exact: true }).or(this.page.getByPlaceholder(label)).locator('visible=true');
    await field.and(this.page.locator('input, textarea')).first().fill(value);
    this.typed++;
  }

  async see(text: Name, timeout = 10_000) {
    await this.text(text).first().waitFor({ timeout });
  }

  /** Data of the page on top. */
  data<T = Record<string, never>>(): Promise<T> {
    return this.page.evaluate(() => JSON.parse(JSON.stringify((window as never as { getCurrentPages(): { data: unknown }[] }).getCurrentPages().at(-1)?.data)));
  }

  /** Routes of the page stack, bottom first. */
  routes(): Promise<string[]> {
    return this.page.evaluate(() => (window as never as { getCurrentPages(): { route: string }[] }).getCurrentPages().map((p) => p.route));
  }

  async at(route: string) {
    await this.page.waitForFunction(
      (r) => (window as never as { getCurrentPages(): { route: string }[] }).getCurrentPages().at(-1)?.route === r,
      route,
    );
  }

  /** Calls of one `wx` member. */
  calls(name: string): Promise<{ name: string; args: unknown }[]> {
    return this.page.evaluate((n) => (window as never as { __mp: { calls: { name: string; args: unknown }[] } }).__mp.calls.filter((c) => c.name === n), name);
  }

  /** In the "photograph or choose" sheet: photographs a sample paper of the desk. */
  async photograph(sample: Name) {
    await this.page.getByRole('dialog', { name: '拍摄或选择' }).getByRole('button', { name: sample }).first().tap();
    this.taps++;
  }

  /** In the same sheet: gives a file. */
  async giveFile(file: string | { name: string; mimeType: string; buffer: Buffer }) {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.page.getByRole('button', { name: '从手机相册选择' }).tap()]);
    this.taps++;
    await chooser.setFiles(file);
  }

  /** Scans, with WeChat's own scanner, the QR code drawn in an element of another window. Returns its text. */
  async scanFrom(element: Locator): Promise<string> {
    const text = await this.readCode(await steady(element));
    await this.scan(text);
    return text;
  }

  /** The text of a QR code in a picture, read with the phone's own reader. */
  async readCode(png: Buffer): Promise<string> {
    const text = await this.page.evaluate(async (base64) => {
      const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
      return (window as never as { __mp: { readCode(b: Blob): Promise<string | null> } }).__mp.readCode(blob);
    }, png.toString('base64'));
    if (!text) throw new Error('no QR code in the picture');
    return text;
  }

  /** As if WeChat's own scanner had read this text. */
  async scan(text: string) {
    const scan = (t: string) => {
      const scanned = (window as never as { __mp: { scan(t: string): Promise<void> } }).__mp.scan(t);
      // A payment code opens a sheet, and is done only when somebody has tapped there.
      return t.startsWith('weixin://wxpay') ? undefined : scanned;
    };
    await this.page.evaluate(scan, text);
    this.taps++;
  }

  /** The newest SMS of this phone's owner that matches; waits for it. Returns the first group or the whole match. */
  async sms(mobile: string, pattern: RegExp = /\d{6}/, timeout = 10_000): Promise<string> {
    const until = Date.now() + timeout;
    for (;;) {
      const response = await fetch(`${this.stage.options.phoneUrl}/phone/inbox?mobile=${encodeURIComponent(mobile)}`);
      const messages = (await response.json()) as { text: string }[];
      // the list is oldest first, also within one second
      const newest = messages.reverse().find((message) => pattern.test(message.text));
      const match = newest && pattern.exec(newest.text);
      if (match) return match[1] ?? match[0];
      if (Date.now() > until) throw new Error(`no SMS for ${mobile} matches ${pattern}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Waits for a message of WeChat (订阅消息) to this phone that opens `page`. */
  async told(page: string, timeout = 20_000) {
    const until = Date.now() + timeout;
    for (;;) {
      const response = await fetch(`${this.stage.options.phoneUrl}/phone/messages?openid=${encodeURIComponent(this.openid)}`);
      const messages = (await response.json()) as { page: string }[];
      if (messages.some((message) => message.page === page)) return;
      if (Date.now() > until) throw new Error(`no message of WeChat opens ${page}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async shot(name: string) {
    await this.stage.options.looks?.at(this.page);
    return this.stage.shot(this.page, name);
  }
}
