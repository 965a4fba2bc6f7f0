// 授权委托书: look at it, have it signed and stamped, photograph it or hand in its PDF.
import { download, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { findingOf, LETTER, letterIsDone, nextPage, readCompany, urlOf, type CompanyState, type Finding } from '../../resume';

Page({
  behaviors: [screen],
  data: {
    w: section('company'), loading: t('app.loading'), retry: t('app.retry'), ready: false,
    missing: '', number: '', kind: '', outdated: false, done: false, problem: '', busy: false, finding: null as Finding | null, kept: '',
  },
  onShow() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      this.show(await readCompany());
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  show(company: CompanyState) {
    const letter = company.power_of_attorney;
    const number = letter?.document_number ? t('company.letter_number', { number: letter.document_number, version: letter.version ?? 1 }) : '';
    this.setData({ ready: true, missing: letter?.missing ?? '', number, outdated: letter?.outdated ?? false, done: letterIsDone(company) });
    const paper = company.papers.find((p) => p.kind === LETTER);
    this.setData({ kind: paper?.source === 'pdf' ? t('company.letter_pdf', { pages: paper.pages }) : '' });
    void this.look(findingOf(company.returned?.findings ?? [], LETTER));
  },
  /** What the reviewer found, on the photo that is there. */
  async look(finding: Finding | null) {
    this.setData({ finding });
    const kept = finding ? await download(`/api/company/papers/${LETTER}?page=${finding.page}`).catch(() => '') : '';
    this.setData({ kept });
  },
  async preview() {
    this.setData({ busy: true, problem: '' });
    try {
      const filePath = await download('/api/company/power-of-attorney');
      await wx.openDocument({ filePath, fileType: 'pdf', showMenu: true });
      await this.load();
    } catch {
      this.setData({ problem: t('company.letter_unread') });
    } finally {
      this.setData({ busy: false });
    }
  },
  onSent(e: WechatMiniprogram.CustomEvent<{ answer: CompanyState }>) {
    this.setData({ problem: '' });
    this.show(e.detail.answer);
  },
  onFailed(e: WechatMiniprogram.CustomEvent<{ words: string }>) {
    this.setData({ problem: e.detail.words });
  },
  async next() {
    const company = await readCompany().catch(() => null);
    wx.redirectTo({ url: urlOf(company ? nextPage(company) : 'answers') });
  },
  toFields() {
    wx.redirectTo({ url: urlOf('fields') });
  },
});
