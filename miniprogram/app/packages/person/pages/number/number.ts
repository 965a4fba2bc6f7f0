// 授权认证: a number to remember; then 【已记住,进入录制】.
import { post, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { attempt, hold } from '../../attempt';
import { goTo, pageFor, readPerson } from '../../resume';

/** The phone's clock may be wrong: what counts is the life the server gives, from now. */
const LIFE_MS = 5 * 60_000;

Page({
  behaviors: [screen],
  data: { w: section('person'), retry: t('app.retry'), home: t('app.back_home'), number: '', left: '', over: false, problem: '', busy: false },
  onLoad() {
    void this.begin();
  },
  onUnload() {
    clearTimeout((this as unknown as { timer?: number }).timer ?? 0);
  },
  async begin() {
    if (this.data.busy) return;
    this.setData({ busy: true, problem: '', over: false, number: '' });
    try {
      const { id, number = '', checks_left } = await post('/api/person/face-checks', { route: 'number_video' });
      hold({ id, number, until: Date.now() + LIFE_MS });
      this.setData({ number, left: t('person.number_left', { left: checks_left }) });
      const own = this as unknown as { timer?: number };
      clearTimeout(own.timer ?? 0);
      own.timer = setTimeout(() => this.setData({ over: true, problem: t('person.number_over') }), LIFE_MS) as unknown as number;
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    } finally {
      this.setData({ busy: false });
    }
  },
  record() {
    const held = attempt();
    if (held && held.until > Date.now()) goTo('record');
    else this.setData({ over: true, problem: t('person.number_over') });
  },
  /** What stands in the way may be that the state has moved on: look again. */
  async again() {
    try {
      const page = pageFor(await readPerson());
      if (page === 'number' || page === 'face') await this.begin();
      else goTo(page);
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  goHome() {
    wx.switchTab({ url: '/pages/home/home' });
  },
});
