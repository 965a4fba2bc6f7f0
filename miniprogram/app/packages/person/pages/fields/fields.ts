// 核对证件信息: what was read off the card, to be confirmed or corrected.
import { ApiError, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { goTo, isSide, pageFor, readPerson, type Finding, type PersonView } from '../../resume';

const NAMES = ['name', 'resident_id', 'address', 'valid_from', 'valid_until'] as const;
type FieldName = (typeof NAMES)[number];
type Wrong = Partial<Record<FieldName, string>>;

/** What the card says, as the fields show it. */
export function shown(person: PersonView) {
  const f = person.fields;
  const sexAndBirth = f?.sex && f.born ? t('person.sex_born', { sex: f.sex, born: f.born }) : '';
  return {
    name: f?.name ?? '', resident_id: f?.resident_id ?? '', address: f?.address ?? '',
    valid_from: f?.valid_from ?? '', valid_until: f?.valid_until ?? '', long_term: f?.long_term ?? false, sexAndBirth,
  };
}

Page({
  behaviors: [screen],
  data: {
    w: section('person'), loading: t('app.loading'), ready: false, busy: false, problem: '', findings: [] as Finding[], wrong: {} as Wrong,
    name: '', resident_id: '', address: '', valid_from: '', valid_until: '', long_term: false, sexAndBirth: '',
  },
  onLoad() {
    void this.load();
  },
  async load() {
    try {
      const person = await readPerson();
      const findings = (person.failed?.findings ?? []).filter((f) => !isSide(f.item));
      this.setData({ ...shown(person), findings, ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e), ready: true });
    }
  },
  onField(e: WechatMiniprogram.CustomEvent<{ value: string }>) {
    const name = e.currentTarget.dataset.name as FieldName;
    this.setData({ [name]: e.detail.value, [`wrong.${name}`]: '' });
    if (name === 'resident_id') this.setData({ sexAndBirth: '' });
  },
  toggleLongTerm() {
    this.setData({ long_term: !this.data.long_term, 'wrong.valid_until': '' });
  },
  retake() {
    goTo('photos');
  },
  async submit() {
    const { name, resident_id, address, valid_from, valid_until, long_term } = this.data;
    this.setData({ busy: true, problem: '', wrong: {} });
    try {
      goTo(pageFor(await post('/api/person/fields', { name, resident_id, address, valid_from, valid_until, long_term })));
    } catch (e) {
      const field = e instanceof ApiError ? e.field : '';
      if ((NAMES as readonly string[]).includes(field)) this.setData({ [`wrong.${field}`]: wordsOf(e) });
      else this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
