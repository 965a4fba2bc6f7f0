// 个人实名认证: goes on where the person stopped.
import { wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { leave } from '../../../../routes';
import { t } from '../../../../words';
import { goTo, pageFor, readPerson } from '../../resume';

Page({
  behaviors: [screen],
  data: { loading: t('app.loading'), retry: t('app.retry'), home: t('app.back_home'), title: t('home.failed'), problem: '' },
  onLoad() {
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      goTo(pageFor(await readPerson()));
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
  leave,
});
