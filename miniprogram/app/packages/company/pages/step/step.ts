// 企业实名认证: who applies, what is left to do, and what became of it.
import { post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { HOME, INVITATION, stepPage } from '../../../../routes';
import { section, t } from '../../../../words';
import { firstToFix, nextPage, progressOf, readCompany, stageOf, urlOf, type CompanyState, type PageName, type Stage } from '../../resume';

interface Row {
  page: PageName;
  label: string;
  left: string;
  done: boolean;
}

const PAGES: Exclude<PageName, 'answers'>[] = ['papers', 'fields', 'letter', 'invite'];

/** The parts of the form that have something in them. */
export function rowsOf(company: CompanyState): Row[] {
  return PAGES.flatMap((page) => {
    const { done, total } = progressOf(company, page);
    if (!total) return [];
    const isDone = done === total;
    return [{ page, label: t(`company.part_${page}`), left: isDone ? t('company.part_done') : t('company.part_left', { done, total }), done: isDone }];
  });
}

/** How an agent shows the company's mandate, and the equal other way. */
export function waysOf({ mandate }: CompanyState): { way: string; otherWay: string } {
  if (!mandate) return { way: '', otherWay: '' };
  const [letter, invitation] = [t('company.way_letter'), t('company.way_invitation')];
  return mandate === 'letter' ? { way: letter, otherWay: invitation } : { way: invitation, otherWay: letter };
}

Page({
  behaviors: [screen],
  data: {
    w: section('company'), loading: t('app.loading'), retry: t('app.retry'), home: t('app.back_home'),
    stage: 'reading' as Stage | 'reading' | 'failed', rows: [] as Row[], note: '', items: [] as string[], next: 'papers' as PageName, fix: '', role: '', mayChange: false, way: '', otherWay: '', problem: '', busy: '',
  },
  onShow() {
    void this.load();
  },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },
  async load() {
    try {
      const company = await readCompany();
      if (company.asked_of_me) {
        wx.redirectTo({ url: INVITATION });
        return;
      }
      this.show(company);
      this.openOnce(company);
    } catch (e) {
      this.setData({ stage: 'failed', problem: wordsOf(e) });
    }
  },
  /** A returned case opens at what failed; whoever comes back from there sees the whole. */
  openOnce(company: CompanyState) {
    const own = this as unknown as { opened?: boolean };
    const first = firstToFix(company);
    if (!first || own.opened) return;
    own.opened = true;
    wx.navigateTo({ url: urlOf(first.page, first.at) });
  },
  show(company: CompanyState) {
    const first = firstToFix(company);
    this.setData({
      fix: first && first.page !== 'fields' ? urlOf(first.page, first.at) : '', stage: stageOf(company), rows: rowsOf(company), next: nextPage(company), problem: '',
      note: company.returned?.note ?? '', items: (company.returned?.items ?? []).map((i) => i.label),
      role: company.role ? t(`company.${company.role}`) : '', mayChange: company.may_choose,
      ...waysOf(company),
    });
  },
  async act(name: string, ask: () => Promise<CompanyState>) {
    this.setData({ busy: name, problem: '' });
    try {
      this.show(await ask());
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  representative() {
    void this.act('representative', () => post('/api/company/role', { role: 'representative' }));
  },
  agent() {
    void this.act('agent', () => post('/api/company/role', { role: 'agent' }));
  },
  restart() {
    void this.act('restart', () => post('/api/company/restart'));
  },
  changeWay() {
    const mandate = this.data.otherWay === t('company.way_letter') ? 'letter' : 'invitation';
    void this.act('way', () => post('/api/company/mandate', { mandate }));
  },
  changeRole() {
    this.setData({ stage: 'role' });
  },
  goOn() {
    wx.navigateTo({ url: this.data.fix || urlOf(this.data.next) });
  },
  open(e: WechatMiniprogram.BaseEvent) {
    wx.navigateTo({ url: urlOf(e.currentTarget.dataset.page as PageName) });
  },
  toPerson() {
    wx.redirectTo({ url: stepPage('person') });
  },
  toOrder() {
    wx.redirectTo({ url: stepPage('order') });
  },
  goHome() {
    wx.switchTab({ url: HOME });
  },
});
