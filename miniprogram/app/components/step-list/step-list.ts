// 五步: each step with its state, the reason it is closed or returned, and what comes next.
import type { JourneyStep } from '../../api/types';
import { t } from '../../words';

interface Row {
  step: JourneyStep['step'];
  state: JourneyStep['state'];
  name: string;
  stateWords: string;
  reason: string;
  next: string;
  where: string;
  current: boolean;
  label: string;
}

/** The step a person should look at now: the first that is not done and not locked. */
export const currentStep = (steps: JourneyStep[]): JourneyStep | undefined =>
  steps.find((s) => s.state !== 'done' && s.state !== 'locked' && s.state !== 'under_review') ??
  steps.find((s) => s.state === 'under_review');

/** What is shown for each step. */
export function rowsOf(steps: JourneyStep[]): Row[] {
  const current = currentStep(steps);
  return steps.map((s) => {
    const name = t(`step.${s.step}`);
    const stateWords = t(`state.${s.state}`);
    const next = s.next?.label ?? '';
    const where = s.next?.where === 'either' && current !== s ? '' : s.next ? t(`where.${s.next.where}`) : '';
    const reason = s.reason ?? '';
    const label = [name, stateWords, reason, next, where].filter(Boolean).join('，');
    return { step: s.step, state: s.state, name, stateWords, reason, next, where, current: s === current, label };
  });
}

Component({
  properties: { steps: { type: Array, value: [] as JourneyStep[] } },
  data: { rows: [] as Row[] },
  observers: {
    steps(steps: JourneyStep[]) {
      this.setData({ rows: rowsOf(steps) });
    },
  },
  methods: {
    onTap(e: WechatMiniprogram.TouchEvent) {
      const step = (this.data.steps as JourneyStep[]).find((s) => s.step === e.currentTarget.dataset.step);
      if (step) this.triggerEvent('open', { step: step.step });
    },
  },
});
