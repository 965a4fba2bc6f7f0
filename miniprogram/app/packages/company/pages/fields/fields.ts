// 填写信息: what the papers said is there to be checked; each field is kept when it is left.
import { ApiError, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { fieldIsDone, fieldsOf, findingOf, nextPage, readCompany, urlOf, type CompanyField, type CompanyState, type Finding } from '../../resume';

type Name = CompanyField['field'];
interface Row extends CompanyField {
  hint: string;
  type: string;
  choice: boolean;
  from: string;
  wrong: string;
  finding: Finding | null;
}

const TYPES: Partial<Record<Name, string>> = {
  representative_id_number: 'idcard', representative_mobile: 'number', seal_number: 'number', representative_seal_number: 'number',
};

/** The fields as shown: where what stands in them came from, and what is wrong with it. */
export function rowsOf(company: CompanyState): Row[] {
  return fieldsOf(company).map((f) => ({
    ...f,
    hint: f.placeholder,
    type: TYPES[f.field] ?? 'text',
    choice: f.field === 'has_seal_number' || f.field === 'has_representative_seal_number',
    from: f.origin === 'read' ? t('company.read') : f.origin === 'corrected' ? t('company.corrected') : '',
    wrong: f.problem ?? '',
    finding: findingOf(company.returned?.findings ?? [], f.field),
  }));
}

/** What has been typed and not been kept yet. */
const typed = new Map<Name, string>();

Page({
  behaviors: [screen],
  data: { w: section('company'), loading: t('app.loading'), retry: t('app.retry'), ready: false, rows: [] as Row[], problem: '', busy: false },
  onLoad() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      this.setData({ rows: rowsOf(await readCompany()), ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  onLeave(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const name = e.currentTarget.dataset.name as Name;
    const was = this.data.rows.find((r) => r.field === name)?.text ?? '';
    if (e.detail.value.trim() !== was) void this.keep(name, e.detail.value);
  },
  choose(e: WechatMiniprogram.BaseEvent) {
    const { name, text } = e.currentTarget.dataset as { name: Name; text: string };
    void this.keep(name, text);
  },
  onType(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    typed.set(e.currentTarget.dataset.name as Name, e.detail.value);
  },
  async keep(name: Name, text: string): Promise<CompanyState | null> {
    typed.delete(name);
    try {
      const company = await post('/api/company/draft', { fields: [{ field: name, text }] });
      this.setData({ rows: rowsOf(company), problem: '' });
      return company;
    } catch (e) {
      const at = this.data.rows.findIndex((r) => r.field === name);
      typed.set(name, text);
      if (e instanceof ApiError && e.field === name) this.setData({ [`rows[${at}].wrong`]: wordsOf(e) });
      else this.setData({ problem: wordsOf(e) });
      return null;
    }
  },
  /** Keeps what has not been kept yet, then goes on, or says what is missing. */
  async next() {
    this.setData({ busy: true });
    let kept: CompanyState | null = null;
    for (const [name, text] of [...typed]) {
      kept = await this.keep(name, text);
      if (!kept) return this.setData({ busy: false });
    }
    const company = kept ?? (await readCompany().catch(() => null));
    this.setData({ busy: false });
    if (!company) return this.setData({ problem: t('error.network') });
    const rows = rowsOf(company).map((row) => ({ ...row, wrong: row.wrong || (fieldIsDone(row) ? '' : t('company.missing', { label: row.label })) }));
    if (rows.some((row) => row.wrong)) return this.setData({ rows, problem: t('company.some_wrong') });
    const next = nextPage(company);
    wx.redirectTo({ url: urlOf(next === 'fields' ? 'answers' : next) });
  },
  onUnload() {
    for (const [name, text] of typed) void post('/api/company/draft', { fields: [{ field: name, text }] }).catch(() => null);
    typed.clear();
  },
});
