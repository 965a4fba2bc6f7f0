// 核对并提交: everything at one look, the agreement, and 提交.
import { ApiError, get, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { pageOf, readCompany, urlOf, type CompanyState } from '../../resume';

interface Answer {
  item: string;
  label: string;
  value: string;
}

/** What was answered, in the order of the form. */
export function answersOf(company: CompanyState): Answer[] {
  const papers = company.papers.map((p) => ({ item: p.kind, label: p.label, value: t(p.uploaded_at ? 'company.uploaded' : 'company.not_uploaded') }));
  const fields = company.fields.filter((f) => f.asked).map((f) => ({ item: f.field, label: f.label, value: f.text === 'yes' ? t('company.yes') : f.text === 'no' ? t('company.no') : f.text }));
  return [...papers, ...fields];
}

Page({
  behaviors: [screen],
  data: {
    w: section('company'), loading: t('app.loading'), retry: t('app.retry'), ready: false,
    answers: [] as Answer[], agreed: false, problem: '', fixAt: '', busy: false, text: '',
  },
  onShow() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '', fixAt: '' });
    try {
      const company = await readCompany();
      this.setData({ answers: answersOf(company), ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  toggle() {
    this.setData({ agreed: !this.data.agreed, problem: '' });
  },
  async read() {
    if (this.data.text) return this.setData({ text: '' });
    try {
      const { body } = await get('/api/agreements/certificate-use' as '/api/agreements/{id}');
      this.setData({ text: body });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  async submit() {
    if (!this.data.agreed) return this.setData({ problem: t('company.agree_first') });
    this.setData({ busy: true, problem: '', fixAt: '' });
    try {
      await post('/api/company/submit', { agreed: true });
      wx.navigateBack();
    } catch (e) {
      const fixAt = e instanceof ApiError && this.data.answers.some((a) => a.item === e.field) ? e.field : '';
      this.setData({ problem: wordsOf(e), fixAt });
    } finally {
      this.setData({ busy: false });
    }
  },
  async fix() {
    const company = await readCompany().catch(() => null);
    if (company) wx.redirectTo({ url: urlOf(pageOf(company, this.data.fixAt), this.data.fixAt) });
  },
});
