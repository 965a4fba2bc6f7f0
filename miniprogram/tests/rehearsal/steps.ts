// The rehearsal's clock and counter: each step with its seconds and taps, printed as a table at the end.
import type { Phone, Stage } from '../driver.ts';

interface Step {
  story: string;
  name: string;
  seconds: number;
  taps: number;
}

/** What happens in one story, step by step. */
export class Story {
  static readonly all: Step[] = [];

  constructor(
    readonly name: string,
    private readonly stage: Stage,
  ) {}

  /** One step: fails with its name, and with what the windows showed. */
  async step<T>(name: string, phones: Phone[], act: () => Promise<T>): Promise<T> {
    const began = Date.now();
    const taps = () => phones.reduce((sum, phone) => sum + phone.taps, 0);
    const before = taps();
    try {
      return await act();
    } catch (error) {
      await this.evidence(name);
      throw new Error(`${this.name}: ${name}: ${(error as Error).message}`, { cause: error });
    } finally {
      Story.all.push({ story: this.name, name, seconds: (Date.now() - began) / 1000, taps: taps() - before });
    }
  }

  private async evidence(name: string) {
    const pages = this.stage.browser.contexts().flatMap((context) => context.pages());
    for (const [i, page] of pages.entries()) await this.stage.shot(page, `FAILED-${name}-${i}`).catch(() => undefined);
  }

  /** Every step so far. */
  static table(): string {
    const wide = (text: string) => [...text].reduce((sum, c) => sum + (c > '\u2e7f' ? 2 : 1), 0);
    const pad = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - wide(text)));
    const rows = Story.all.map((s) => `${pad(s.story, 26)}${pad(s.name, 34)}${s.seconds.toFixed(1).padStart(8)}${String(s.taps).padStart(7)}`);
    const total = Story.all.reduce((sum, s) => sum + s.seconds, 0);
    const taps = Story.all.reduce((sum, s) => sum + s.taps, 0);
    const head = `${pad('story', 26)}${pad('step', 34)}${'seconds'.padStart(8)}${'taps'.padStart(7)}`;
    return [head, '-'.repeat(75), ...rows, '-'.repeat(75), `${pad('', 60)}${total.toFixed(1).padStart(8)}${String(taps).padStart(7)}`].join('\n');
  }
}
