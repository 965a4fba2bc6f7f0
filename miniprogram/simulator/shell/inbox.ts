// What arrives on the phone and in the mailbox: SMS, WeChat messages, e-mail. Asked for every second and a half.
import { h } from '../runtime/dom.ts';
import type { Person } from '../runtime/world.ts';

const EVERY_MS = 1500;
const SHOWN = 30;

interface Item {
  id: string;
  at: string;
  kind: '短信' | '微信' | '邮件';
  text: string;
  page?: string;
}

type Raw = Record<string, unknown>;

async function list(path: string): Promise<Raw[]> {
  const response = await fetch(path).catch(() => null);
  return response?.ok ? ((await response.json()) as Raw[]) : [];
}

/** The lines of a WeChat message: `[[label, value], …]`. */
const linesOf = (data: unknown) => ((data ?? []) as [string, string][]).map(([label, value]) => `${label}：${value}`).join('\n');

async function collect(person: Person): Promise<Item[]> {
  const [sms, messages, mail] = await Promise.all([
    list(`/phone/inbox?mobile=${encodeURIComponent(person.mobile)}`),
    list(`/phone/messages?openid=${encodeURIComponent(person.openid)}`),
    list('/phone/mail?to='),
  ]);
  const item = (kind: Item['kind'], raw: Raw, text: string): Item => ({
    id: `${kind}${String(raw.id)}`, at: String(raw.at), kind, text, page: raw.page as string | undefined,
  });
  return [
    ...sms.map((m) => item('短信', m, `${m.sign ? `【${String(m.sign)}】` : ''}${String(m.text)}`)),
    ...messages.map((m) => item('微信', m, `${String(m.title)}\n${linesOf(m.data)}`)),
    ...mail.map((m) => item('邮件', m, `${String(m.subject ?? '')}\n${String(m.text ?? '')}`)),
  ]
    .reverse()
    .sort((a, b) => b.at.localeCompare(a.at));
}

/** Codes in a message can be copied by a click. */
function withCodes(text: string): Node[] {
  return text.split(/(\b\d{4,6}\b)/).map((part, i) => {
    if (i % 2 === 0) return document.createTextNode(part);
    return h('b', { title: '点击复制', onclick: () => void navigator.clipboard.writeText(part) }, part);
  });
}

/** The inbox card. `open` is called with the page of a WeChat message. */
export function inbox(current: () => Person | undefined, open: (page: string) => void): HTMLElement {
  const items = h('ul', { className: 'mail', 'aria-live': 'polite' });
  let shown = '';
  const refresh = async () => {
    const person = current();
    if (!person || document.hidden) return;
    const all = (await collect(person)).slice(0, SHOWN);
    const mark = person.openid + all.map((i) => i.id).join();
    if (mark === shown) return;
    shown = mark;
    items.replaceChildren(
      ...all.map((i) => {
        const go = i.page ? h('button', { className: 'chip', onclick: () => open(i.page!) }, '打开') : null;
        const time = h('time', {}, new Date(i.at).toLocaleTimeString('zh-CN'));
        return h('li', {}, h('span', { className: 'kind' }, i.kind), h('span', { className: 'what' }, ...withCodes(i.text), time), go);
      }),
    );
    if (!all.length) items.append(h('li', { className: 'empty' }, '还没有消息'));
  };
  setInterval(() => void refresh(), EVERY_MS);
  void refresh();
  return h('section', { className: 'card' }, h('h2', {}, '收到的消息', h('small', {}, '短信 · 微信 · 邮件')), items);
}
