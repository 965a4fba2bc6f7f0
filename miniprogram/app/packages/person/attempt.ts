// The number in hand, from the page that shows it to the page that records: in memory only.
export interface Attempt {
  id: string;
  number: string;
  /** Milliseconds of the phone's own clock. */
  until: number;
}

let held: Attempt | null = null;

export const attempt = (): Attempt | null => held;

export function hold(next: Attempt | null) {
  held = next;
}
