// The desk page: a phone in its frame, who holds it, its messages, papers to photograph, the scanner, its settings.
import { h } from '../runtime/dom.ts';
import { world, samples, type Person } from '../runtime/world.ts';
import { inbox } from './inbox.ts';
import { FramedPhone, type PhoneHost } from './phone.ts';
import { scannerCard } from './scanner.ts';
import css from './style.css';

const HOLDER = 'desk:holder';

/** A row of choices of which one is pressed. */
function choices(label: string, options: [words: string, value: string][], pressed: string, choose: (value: string) => void) {
  const buttons = options.map(([words, value]) => {
    const button = h('button', { className: 'chip', 'aria-pressed': String(value === pressed) }, words);
    button.onclick = () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      choose(value);
    };
    return button;
  });
  return h('div', { className: 'row', role: 'group', 'aria-label': label }, h('label', {}, label), ...buttons);
}

function peopleCard(people: Person[], holder: string, give: (person: Person) => void) {
  const buttons = people.map((person) => {
    const words = [person.nickname, h('small', {}, person.mobile_masked)];
    const button = h('button', { className: 'chip', 'aria-pressed': String(person.openid === holder) }, ...words);
    button.onclick = () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      give(person);
    };
    return button;
  });
  const none = h('p', { className: 'empty' }, '沙箱没有应答：手机可以打开，但登录、短信和样张都要靠它。');
  const content = people.length ? h('div', { className: 'row' }, ...buttons) : none;
  return h('section', { className: 'card' }, h('h2', {}, '手机在谁手里', h('small', {}, '每人有自己的微信、短信和存储')), content);
}

/** Follows the phone in the frame: each person's phone has settings of its own. */
function settingsCard(phone: FramedPhone) {
  const card = h('section', { className: 'card' });
  let shown = '';
  const follow = () => {
    const host = phone.host;
    const mark = host ? `${host.owner} ${JSON.stringify(host.settings)}` : '';
    if (!host || mark === shown) return;
    shown = mark;
    card.replaceChildren(...settingRows(phone, host.settings));
  };
  setInterval(follow, 500);
  return card;
}

function settingRows(phone: FramedPhone, now: PhoneHost['settings']): HTMLElement[] {
  const change = (next: object) => phone.host?.change(next);
  const button = (words: string, act: () => void) => h('button', { className: 'chip', onclick: act }, words);
  return [
    h('h2', {}, '手机设置'),
    choices('外观', [['跟随系统', 'system'], ['浅色', 'light'], ['深色', 'dark']], now.theme, (theme) => change({ theme })),
    choices('字号', [['标准', '1'], ['大', '1.2'], ['关怀模式', '1.4']], String(now.fontScale), (scale) => {
      change({ fontScale: Number(scale) });
      phone.restart();
    }),
    choices('网络', [['正常', 'wifi'], ['很慢', '3g'], ['断开', 'none']], now.network, (network) => change({ network })),
    choices('摄像头', [['自动', 'auto'], ['真摄像头', 'webcam'], ['画出来的脸', 'drawn']], now.camera, (camera) => change({ camera })),
    h(
      'div',
      { className: 'row' },
      h('label', {}, '小程序'),
      button('结束并重新打开', () => phone.restart()),
      button('切到后台再回来', () => {
        phone.host?.background(true);
        setTimeout(() => phone.host?.background(false), 1500);
      }),
      button('内存告急', () => phone.host?.warnMemory()),
      button('删除小程序数据', () => {
        phone.host?.clearStorage();
        phone.restart();
      }),
    ),
  ];
}

async function samplesCard() {
  const papers = await samples();
  const grid = h('div', { className: 'samples' });
  for (const paper of papers) {
    const picture = h('img', { src: paper.thumbnail || paper.url, alt: '', loading: 'lazy' });
    grid.append(h('a', { href: paper.url, target: '_blank' }, picture, paper.title));
  }
  const content = papers.length ? grid : h('p', { className: 'empty' }, '没有样张');
  return h('section', { className: 'card' }, h('h2', {}, '桌上的样张', h('small', {}, '在手机里点拍摄时可选')), content);
}

function errorsCard(phone: FramedPhone) {
  const text = h('pre', { className: 'errors' });
  const card = h('section', { className: 'card', hidden: true }, h('h2', {}, '小程序的错误'), text);
  setInterval(() => {
    const errors = phone.host?.errors ?? [];
    card.hidden = !errors.length;
    const words = errors.join('\n\n');
    if (text.textContent !== words) text.textContent = words;
  }, 1000);
  return card;
}

async function lay() {
  document.head.append(h('style', {}, css));
  const people = await world.people().catch(() => [] as Person[]);
  const asked = new URLSearchParams(location.search).get('as') ?? localStorage.getItem(HOLDER);
  let holder = people.find((person) => person.openid === asked) ?? people[0];
  const phone = new FramedPhone();
  const give = (person: Person) => {
    holder = person;
    localStorage.setItem(HOLDER, person.openid);
    phone.give(person.openid);
  };
  const openPage = (page: string) => {
    const host = phone.host as unknown as { enter(address: string, scene: number): Promise<void> } | undefined;
    void host?.enter(`/${page.replace(/^\//, '')}`, 1014);
  };
  const panel = h(
    'main',
    { className: 'panel' },
    h('h1', {}, '桌上的手机'),
    h('p', {}, '这里运行的就是小程序本身。电脑上的页面显示二维码时，用下面的“微信扫一扫”扫它。'),
    peopleCard(people, holder?.openid ?? '', give),
    scannerCard(phone),
    inbox(() => holder, openPage),
    settingsCard(phone),
    await samplesCard(),
    errorsCard(phone),
  );
  document.body.append(h('div', { className: 'desk' }, phone.element, panel));
  phone.give(holder?.openid ?? 'nobody');
}

void lay();
