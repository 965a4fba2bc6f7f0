// 拍摄材料: one paper at a time; what is on it is read at once.
import { download, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { findingOf, nextPage, paperIsDone, papersOf, readCompany, urlOf, type CompanyPaper, type CompanyState, type Finding } from '../../resume';

/** The paper to begin with: the one asked for, else the first that is not done. */
export function firstPaper(papers: CompanyPaper[], at: string): number {
  const named = papers.findIndex((p) => p.kind === at);
  if (named >= 0) return named;
  return Math.max(papers.findIndex((p) => !paperIsDone(p)), 0);
}

Page({
  behaviors: [screen],
  data: {
    w: section('company'), loading: t('app.loading'), retry: t('app.retry'), ready: false,
    papers: [] as CompanyPaper[], findings: [] as Finding[], finding: null as Finding | null, at: 0, place: '', kept: '', cut: '', advice: '', problem: '', filled: false, drawing: false, left: 'fields',
  },
  async onLoad({ at = '' }: Record<string, string | undefined>) {
    try {
      const company = await readCompany();
      const papers = papersOf(company);
      this.setData({ papers, findings: company.returned?.findings ?? [], at: firstPaper(papers, at), ready: true, left: nextPage(company) });
      await this.look();
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  reload() {
    this.setData({ problem: '' });
    void this.onLoad({});
  },
  /** Shows the photo that is there already. */
  async look() {
    const { papers, at, findings } = this.data;
    const paper = papers[at];
    this.setData({ finding: findingOf(findings, paper?.kind), kept: '', cut: '', advice: '', problem: '', filled: false, place: t('company.place', { at: at + 1, total: papers.length }) });
    if (!paper?.uploaded_at) return;
    const kept = await download(`/api/company/papers/${paper.kind}`).catch(() => '');
    if (this.data.papers[this.data.at]?.kind === paper.kind) this.setData({ kept });
    await this.lookAtCut();
  },
  /** The seal or signature cut out of the photo, beside it; or why there is none. */
  async lookAtCut() {
    const paper = this.data.papers[this.data.at];
    this.setData({ cut: '', advice: paper?.cut_advice ? t('company.cut_none', { advice: paper.cut_advice }) : '' });
    if (!paper?.cut) return;
    const cut = await download(`/api/company/papers/${paper.kind}/cut`).catch(() => '');
    if (this.data.papers[this.data.at]?.kind === paper.kind) this.setData({ cut });
  },
  onSent(e: WechatMiniprogram.CustomEvent<{ answer: CompanyState }>) {
    this.taken(e.detail.answer);
  },
  /** 个人印章 from the template, for a representative who has none. */
  async draw() {
    const kind = this.data.papers[this.data.at]?.kind;
    this.setData({ drawing: true, problem: '' });
    try {
      this.taken(await post(`/api/company/papers/${kind}/template` as '/api/company/papers/{kind}/template'));
      await this.look();
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ drawing: false });
    }
  },
  taken(company: CompanyState) {
    const kind = this.data.papers[this.data.at]?.kind;
    const filled = kind === 'business_licence' || kind === 'representative_id_portrait';
    this.setData({ papers: papersOf(company), findings: company.returned?.findings ?? [], finding: null, problem: '', kept: '', filled, left: nextPage(company) });
    void this.lookAtCut();
  },
  onFailed(e: WechatMiniprogram.CustomEvent<{ words: string }>) {
    this.setData({ problem: e.detail.words });
  },
  back() {
    this.setData({ at: Math.max(this.data.at - 1, 0) });
    void this.look();
  },
  next() {
    const { at, papers } = this.data;
    if (at + 1 >= papers.length) {
      wx.redirectTo({ url: urlOf('fields') });
      return;
    }
    this.setData({ at: at + 1 });
    void this.look();
  },
});
