// 人脸验证: waits for the verdict, tells it, and what comes next.
import { get, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { HOME, INVITATION } from '../../../../routes';
import { t } from '../../../../words';
import { goTo, pageAgain, pageFor, readPerson, type PersonView } from '../../resume';

const ASK_AGAIN_MS = 1500;

/** What is shown for a verdict. */
export function shown(person: PersonView) {
  switch (person.status) {
    case 'checking':
      return { icon: 'loading', tone: 'calm', title: t('person.checking'), detail: t('person.checking_lead'), action: '', second: '' };
    case 'verified':
      return { icon: 'check', tone: 'good', title: t('person.verified'), detail: t('person.verified_lead'), action: t('person.next'), second: '' };
    case 'manual_review':
      return { icon: 'time', tone: 'wait', title: t('person.manual'), detail: t('person.manual_lead'), action: t('app.back_home'), second: t('person.see_manual') };
    default:
      return failed(person);
  }
}

function failed(person: PersonView) {
  const { sentence = '', note, about_the_card = false } = person.failed ?? {};
  const none = person.checks_left === 0 && !about_the_card;
  const again = pageAgain(person) === 'photos' ? t('person.retake_named') : about_the_card ? t('person.check_fields') : t('person.again');
  return {
    icon: 'error-circle', tone: 'bad', title: t('person.failed'),
    detail: none ? `${sentence}。${t('person.failed_none_left')}` : note ? `${sentence}：${note}` : sentence,
    action: none ? t('app.back_home') : again, second: t('person.ask_manual'),
  };
}

Page({
  behaviors: [screen],
  data: { icon: 'loading', tone: 'calm', title: t('app.loading'), detail: '', action: '', second: '' },
  onShow() {
    void this.look();
  },
  onHide() {
    this.rest();
  },
  onUnload() {
    this.rest();
  },
  rest() {
    clearTimeout((this as unknown as { timer?: number }).timer ?? 0);
  },
  async look() {
    const own = this as unknown as { timer?: number; person?: PersonView };
    this.rest();
    try {
      const person = await readPerson();
      own.person = person;
      if (pageFor(person) !== 'result') return goTo(pageFor(person));
      this.setData(shown(person));
      if (person.status === 'checking') own.timer = setTimeout(() => void this.look(), ASK_AGAIN_MS) as unknown as number;
    } catch (e) {
      own.person = undefined;
      this.setData({ icon: 'error-circle', tone: 'bad', title: t('home.failed'), detail: wordsOf(e), action: t('app.retry'), second: '' });
    }
  },
  onAction() {
    const { person } = this as unknown as { person?: PersonView };
    if (!person) return void this.look();
    const canTry = person.status === 'failed' && (person.checks_left > 0 || person.failed?.about_the_card === true);
    if (canTry) goTo(pageAgain(person));
    else if (person.status === 'verified') void this.goOn();
    else wx.switchTab({ url: HOME });
  },
  /** A representative who came by an invitation goes on to answer it. */
  async goOn() {
    const company = await get('/api/company').catch(() => null);
    if (company?.asked_of_me) wx.redirectTo({ url: INVITATION });
    else wx.switchTab({ url: HOME });
  },
  /** 申请人工审核: or, once asked for, when the call is made and the statement on paper. */
  onSecond() {
    goTo('manual');
  },
});
