// Where one step stands: its state, the reason, what follows and where.
import { get, wordsOf } from '../../api/call';
import type { JourneyStep, StepName, StepState } from '../../api/types';
import { HOME } from '../../routes';
import { t } from '../../words';

const LOOK: Record<StepState, { icon: string; tone: string }> = {
  locked: { icon: 'lock', tone: 'calm' },
  open: { icon: 'chevron-right', tone: 'calm' },
  in_progress: { icon: 'time', tone: 'calm' },
  under_review: { icon: 'time', tone: 'wait' },
  returned: { icon: 'error-circle', tone: 'bad' },
  done: { icon: 'check', tone: 'good' },
};

const READING = { icon: 'loading', tone: 'calm', title: t('app.loading'), detail: '', where: '', whereIcon: 'phone', action: '', second: '' };

/** What is shown for a step. */
export function viewOf(step: JourneyStep) {
  return {
    ...LOOK[step.state],
    title: `${t(`step.${step.step}`)} · ${t(`state.${step.state}`)}`,
    detail: step.reason || t(`waiting.${step.state}`),
    whereIcon: step.next?.where === 'either' ? 'desktop' : 'phone',
    where: step.next ? `${step.next.label}：${t(`where.${step.next.where}`)}` : '',
    action: '',
    second: t('app.back_home'),
  };
}

Component({
  properties: { step: String },
  data: { ...READING },
  lifetimes: {
    attached() {
      void this.load();
    },
  },
  methods: {
    async load() {
      this.setData(READING);
      try {
        const { steps } = await get('/api/journey');
        const step = steps.find((s) => s.step === (this.data.step as StepName));
        if (step) this.setData(viewOf(step));
      } catch (e) {
        const failed = { icon: 'error-circle', tone: 'bad', title: t('home.failed'), detail: wordsOf(e) };
        this.setData({ ...failed, action: t('app.retry'), second: t('app.back_home') });
      }
    },
    goHome() {
      wx.switchTab({ url: HOME });
    },
  },
});
