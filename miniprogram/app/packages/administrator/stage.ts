// What the step shows, from what the server says.
import { ApiError } from '../../api/call';
import type { Schemas } from '../../api/types';

export type Administrator = Schemas['AdministratorAnswer'];
export type Stage = 'confirmed' | 'named_me' | 'blocked' | 'waiting' | 'choose' | 'nothing' | 'locked';

/** Who is named comes before who was confirmed: it is what asks something of somebody. */
export function stageOf(seen: Administrator): Stage {
  if (seen.named?.is_me) return seen.blocked ? 'blocked' : 'named_me';
  if (seen.confirmed) return 'confirmed';
  if (seen.named) return 'waiting';
  if (!seen.paid) return 'locked';
  return seen.may_name ? 'choose' : 'nothing';
}

/** Name and mobile of somebody, as far as they are shown. */
export const wordsFor = (person: { name_masked?: string; mobile_masked: string }): string =>
  [person.name_masked, person.mobile_masked].filter(Boolean).join(' ');

/** The server's word for a refusal. */
export const codeOf = (e: unknown): string => (e instanceof ApiError ? e.code : '');
