// Where to go on: the page that fits where the person stands. The server says where that is.
import { get } from '../../api/call';
import type { Schemas } from '../../api/types';

export type PersonView = Schemas['PersonView'];
export type Finding = Schemas['Finding'];
export type PageName = 'photos' | 'fields' | 'consent' | 'face' | 'number' | 'record' | 'manual' | 'result';

const hasConsent = ({ consent }: PersonView): boolean => consent.face && consent.transfer && consent.provide_to_ca;

/** Where a face is checked: straight to the number when nothing else is offered. */
export const facePage = ({ routes }: PersonView): PageName => (routes.length === 1 && routes[0] === 'number_video' ? 'number' : 'face');

/** The page for a state. A number that was shown is gone with the page: another one is asked for. */
export function pageFor(person: PersonView): PageName {
  const { status, photos } = person;
  if (status === 'draft') return photos.portrait && photos.emblem ? 'fields' : 'photos';
  if (status === 'confirmed' || status === 'recording') return hasConsent(person) ? facePage(person) : 'consent';
  return 'result';
}

/** Whether an item is a side of the card. */
export const isSide = (item: string): item is 'portrait' | 'emblem' => item === 'portrait' || item === 'emblem';

/** What the reviewer found with an item. */
export const findingOf = (person: PersonView, item: string): Finding | null => person.failed?.findings.find((f) => f.item === item) ?? null;

/** After a failure: the photo that a reviewer has refused; the card's fields when they are in doubt, consent when it is gone, else another number. */
export function pageAgain(person: PersonView): PageName {
  if (person.failed?.findings.some((f) => isSide(f.item))) return 'photos';
  if (person.failed?.about_the_card) return 'fields';
  return hasConsent(person) ? facePage(person) : 'consent';
}

export const urlOf = (page: PageName): string => `/packages/person/pages/${page}/${page}`;

/** Leaves this page for that one; there is no way back into a finished page. */
export function goTo(page: PageName): void {
  void wx.redirectTo({ url: urlOf(page) });
}

export const readPerson = () => get('/api/person');
