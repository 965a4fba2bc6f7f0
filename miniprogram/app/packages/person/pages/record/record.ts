// 人脸验证: the number is read aloud before the front camera, eight seconds at most, and the video is handed in.
import { ApiError, wordsOf } from '../../../../api/call';
import { upload, type Upload } from '../../../../api/upload';
import { screen } from '../../../../behaviors/screen';
import { section, t } from '../../../../words';
import { attempt, hold } from '../../attempt';
import { goTo, type PersonView } from '../../resume';

const LONGEST_S = 8;

type Stage = 'ready' | 'recording' | 'sending';
interface Own {
  camera: WechatMiniprogram.CameraContext;
  ticking?: number;
  sending?: Upload<PersonView>;
}
const own = (page: unknown) => page as Own;

Page({
  behaviors: [screen],
  data: { w: section('person'), stage: 'ready' as Stage, number: '', words: '', problem: '', blocked: false },
  onLoad() {
    const held = attempt();
    if (!held) return goTo('number');
    own(this).camera = wx.createCameraContext();
    this.setData({ number: held.number });
  },
  onUnload() {
    clearInterval(own(this).ticking ?? 0);
    own(this).sending?.abort();
  },
  onCameraError() {
    this.setData({ blocked: true, problem: t('person.record_camera') });
  },
  openSettings() {
    wx.openSetting({ success: () => goTo('record') });
  },
  start() {
    this.setData({ problem: '' });
    own(this).camera.startRecord({
      timeout: LONGEST_S,
      timeoutCallback: (result) => this.recorded(result.tempVideoPath),
      success: () => this.countDown(),
      fail: () => this.setData({ problem: t('person.record_camera') }),
    });
  },
  countDown() {
    const end = Date.now() + LONGEST_S * 1000;
    const say = () => this.setData({ words: t('person.record_left', { seconds: Math.max(0, Math.ceil((end - Date.now()) / 1000)) }) });
    say();
    this.setData({ stage: 'recording' });
    own(this).ticking = setInterval(say, 250) as unknown as number;
  },
  stop() {
    own(this).camera.stopRecord({
      success: (result) => this.recorded(result.tempVideoPath),
      fail: () => this.failed(t('person.record_failed')),
    });
  },
  recorded(filePath: string) {
    if (this.data.stage !== 'recording') return;
    clearInterval(own(this).ticking ?? 0);
    this.setData({ stage: 'sending', words: t('person.record_sending', { percent: 0 }) });
    void this.send(filePath);
  },
  failed(problem: string) {
    clearInterval(own(this).ticking ?? 0);
    this.setData({ stage: 'ready', words: '', problem });
  },
  async send(filePath: string) {
    const held = attempt();
    if (!held) return goTo('number');
    const path = `/api/person/face-checks/${held.id}/video`;
    const onProgress = (percent: number) => this.setData({ words: t('person.record_sending', { percent }) });
    own(this).sending = upload<PersonView>({ path, filePath, onProgress });
    try {
      await own(this).sending?.done;
      hold(null);
      goTo('result');
    } catch (e) {
      this.refused(e);
    }
  },
  /** A number that is void or late: another one. A state that has moved on: the result. Else record again. */
  refused(e: unknown) {
    const code = e instanceof ApiError ? e.code : '';
    if (code === 'number_void' || code === 'number_expired') goTo('number');
    else if (code === 'not_now' || code === 'consent_needed') goTo('result');
    else this.failed(wordsOf(e));
  },
});
