// The hand-off ticket in what WeChat opened the page with: an ordinary link (q) or a mini-program code (scene).
export interface Opened {
  q?: string;
  scene?: string;
}

const TICKET = /^[A-Za-z0-9_-]{22,64}$/;

/** Whether the link invites a legal representative: one rule of ordinary links covers both kinds. */
export const isInvitation = ({ q }: Opened): boolean => /\/h\/i\/[^/]+$/.test(q ? decodeURIComponent(q) : '');

/** The ticket, or '' when there is none or it is damaged. There is no URL class on phones. */
export function ticketFrom({ q, scene }: Opened): string {
  const link = q ? decodeURIComponent(q) : '';
  const inLink = /[?&#]t=([^&#]+)/.exec(link)?.[1] ?? /\/([^/?#]+)\/?(?:[?#].*)?$/.exec(link)?.[1] ?? '';
  const ticket = link ? inLink : decodeURIComponent(scene ?? '').replace(/^t=/, '');
  return TICKET.test(ticket) ? ticket : '';
}
