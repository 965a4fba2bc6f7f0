// 人脸验证: the ways that the server offers. WeChat's own and E证通 open a page of theirs; the server asks them what came of it.
import { ApiError, post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { leave } from '../../../../routes';
import { section, t, type Key } from '../../../../words';
import { eid } from '../../eid';
import { goTo, pageFor, readPerson, type PersonView } from '../../resume';

export type Route = PersonView['routes'][number];

interface Way {
  route: Route;
  label: string;
  lead: string;
}

/** The ways as they are offered, the preferred one first. */
export const waysOf = (person: PersonView): Way[] =>
  person.routes.map((route) => ({ route, label: t(`face.${route}` as Key), lead: t(`face.${route}_lead` as Key) }));

/** Whether an attempt on a vendor's page was begun and left: the phone may have been killed meanwhile. */
export const begunOf = (person: PersonView): string =>
  person.status === 'recording' && person.check && person.check.route !== 'number_video' ? person.check.id : '';

/** WeChat's page. What it says is not believed: through or left, the server asks. */
const byWechat = (verifyId: string) =>
  new Promise<void>((resolve) => {
    wx.requestFacialVerify({ verifyId, complete: () => resolve() } as WechatMiniprogram.RequestFacialVerifyOption);
  });

Page({
  behaviors: [screen],
  data: { w: section('face'), retry: t('app.retry'), loading: t('app.loading'), ready: false, ways: [] as Way[], begun: '', left: '', problem: '', busy: '' },
  onLoad() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      const person = await readPerson();
      if (pageFor(person) !== 'face') return goTo(pageFor(person));
      this.setData({ ways: waysOf(person), begun: begunOf(person), left: t('person.number_left', { left: person.checks_left }), ready: true });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  async start(e: WechatMiniprogram.BaseEvent) {
    const route = e.currentTarget.dataset.route as Route;
    if (route === 'number_video') return goTo('number');
    if (route === 'eid' && !eid()) return this.setData({ problem: t('face.no_eid') });
    this.setData({ busy: route, problem: '' });
    try {
      const { id, vendor_token: token = '' } = await post('/api/person/face-checks', { route });
      this.setData({ begun: id });
      await (route === 'wechat' ? byWechat(token) : eid()?.start(token));
      await this.finish();
    } catch (error) {
      this.setData({ problem: wordsOf(error) });
    } finally {
      this.setData({ busy: '' });
    }
  },
  /** The server asks the vendor; the result page waits for it. */
  async finish() {
    try {
      await post(`/api/person/face-checks/${this.data.begun}/finished` as '/api/person/face-checks/{id}/finished');
      goTo('result');
    } catch (e) {
      if (e instanceof ApiError && e.status === 409) await this.load();
      this.setData({ problem: wordsOf(e) });
    }
  },
  manual() {
    goTo('manual');
  },
  leave,
});
