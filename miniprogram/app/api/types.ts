// Short names for the server's types; all of them come from schema.ts.
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Journey = Schemas['JourneyAnswer'];
export type JourneyStep = Schemas['StepView'];
export type Handoff = Schemas['HandoffLook'];
export type Problem = Schemas['Problem'];

export type StepName = JourneyStep['step'];
export type StepState = JourneyStep['state'];

type Method = 'get' | 'post';
/** Paths that answer to a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;

/** What is sent; `undefined` when the operation takes nothing. */
export type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody: { content: { 'application/json; charset=utf-8': infer B } } } ? B : undefined;

/** What comes back from a success. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: { 200: { content: { 'application/json; charset=utf-8': infer A } } } } ? A : undefined;
