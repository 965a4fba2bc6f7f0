// Where things are: pages by what they are for.
import type { StepName } from './api/types';

export const HOME = '/pages/home/home';
export const MINE = '/pages/mine/mine';
export const SIGN_IN = '/pages/sign-in/sign-in';

/** Where the legal representative answers an invitation. */
export const INVITATION = '/packages/company/pages/invitation/invitation';

/** The page that shows where a step stands. */
export const stepPage = (step: StepName): string => `/packages/${step}/pages/step/step`;

/** Whether a word is a step of the journey. */
export const isStep = (word: string): word is StepName => ['person', 'company', 'order', 'administrator', 'certificate'].includes(word);

/** Leaves the page: back if there is somewhere to go back to, else home. */
export function leave() {
  if (getCurrentPages().length > 1) wx.navigateBack();
  else wx.switchTab({ url: HOME });
}
