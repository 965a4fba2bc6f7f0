// 企业实名认证: who applies, what is left to do, and what became of it.
import { post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { HOME, stepPage } from '../../../../routes';
import { section, t } from '../../../../words';
import { firstToFix, nextPage, progressOf, readCompany, stageOf, urlOf, type CompanyState, type PageName, type Stage } from '../../resume';

interface Row {
  page: PageName;
  label: string;
  left: string;
  done: boolean;
}

const PAGES: PageName[] = ['papers', 'fields', 'letter'];

/** The parts of the form that have something in them. */
export function rowsOf(company: CompanyState): Row[] {
  return PAGES.flatMap((page) => {
    const { done, total } = progressOf(company, page);
    if (!total) return [];
    const isDone = done === total;
    return [{ page, label: t(`company.part_${page as 'papers' | 'fields' | 'letter'}`), left: isDone ? t('company.part_done') : t('company.part_left', { done, total }), done: isDone }];
  });
}

Page({
  behaviors: [screen],
  data: {
    w: section('company'), loading: t('app.loading'), retry: t('app.retry'), home: t('app.back_home'),
    stage: 'reading' as Stage | 'reading' | 'failed', rows: [] as Row[], note: '', items: [] as string[], next: 'papers' as PageName, fix: '', role: '', mayChange: false, problem: '', busy: '',
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
      role: company.role ? t(`company.${company.role}`) : '', mayChange: company.status === 'draft',
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
