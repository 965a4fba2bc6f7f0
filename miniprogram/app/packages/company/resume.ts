// Where to go on with 企业实名认证: what is still to do, in the order of the form. The server says what that is.
import { get } from '../../api/call';
import type { Schemas } from '../../api/types';

export type CompanyState = Schemas['CompanyState'];
export type CompanyPaper = Schemas['CompanyPaperView'];
export type CompanyField = Schemas['CompanyFieldView'];
export type Finding = Schemas['Finding'];
export type PaperKind = CompanyPaper['kind'];
export type PageName = 'papers' | 'fields' | 'letter' | 'invite' | 'answers';
export type Stage = 'person_first' | 'role' | 'form' | 'under_review' | 'approved' | 'rejected';

export const LETTER: PaperKind = 'power_of_attorney';

/** What the step's own page shows. */
export function stageOf({ status, person_verified }: CompanyState): Stage {
  const edited = status === undefined || status === 'draft' || status === 'returned';
  if (edited && !person_verified) return 'person_first';
  if (status === undefined) return 'role';
  return status === 'draft' || status === 'returned' ? 'form' : status;
}

/** The papers to photograph: all that may be changed; the letter has a page of its own. */
export const papersOf = (company: CompanyState): CompanyPaper[] => company.papers.filter((p) => p.open && p.kind !== LETTER);

/** The fields to fill in: those that may be changed and are asked for. */
export const fieldsOf = (company: CompanyState): CompanyField[] => company.fields.filter((f) => f.open && f.asked);

export const paperIsDone = (paper: CompanyPaper): boolean => Boolean(paper.uploaded_at) && !paper.must_fix && !paper.outdated;

export const fieldIsDone = (field: CompanyField): boolean => (field.text !== '' || field.optional) && !field.problem;

export function letterIsDone(company: CompanyState): boolean {
  const letter = company.papers.find((p) => p.kind === LETTER);
  return !letter || (paperIsDone(letter) && !company.power_of_attorney?.outdated);
}

/** What is left on a page: how many of how many are done. */
export function progressOf(company: CompanyState, page: PageName): { done: number; total: number } {
  if (page === 'papers') {
    const papers = papersOf(company);
    return { done: papers.filter(paperIsDone).length, total: papers.length };
  }
  if (page === 'fields') {
    const fields = fieldsOf(company);
    return { done: fields.filter(fieldIsDone).length, total: fields.length };
  }
  if (page === 'letter') return { done: letterIsDone(company) ? 1 : 0, total: company.power_of_attorney ? 1 : 0 };
  if (page === 'invite') return { done: company.invitation?.status === 'confirmed' ? 1 : 0, total: company.mandate === 'invitation' ? 1 : 0 };
  return { done: 0, total: 1 };
}

/** The first page with something left to do. */
export function nextPage(company: CompanyState): PageName {
  const pages: PageName[] = ['papers', 'fields', 'letter', 'invite'];
  return pages.find((page) => {
    const { done, total } = progressOf(company, page);
    return done < total;
  }) ?? 'answers';
}

/** The page on which a field or a paper is, by the name an error gives it. */
export function pageOf(company: CompanyState, item: string): PageName {
  if (item === LETTER) return 'letter';
  if (item === 'invitation') return 'invite';
  if (company.papers.some((p) => p.kind === item)) return 'papers';
  return company.fields.some((f) => f.field === item) ? 'fields' : 'answers';
}

/** What the reviewer found with an item, while it is still to be corrected. */
export const findingOf = (findings: Finding[], item: string | undefined): Finding | null => findings.find((f) => f.item === item) ?? null;

/** Where a returned case opens: the first thing that was found and is still to be corrected. */
export function firstToFix(company: CompanyState): { page: PageName; at: string } | null {
  if (company.status !== 'returned') return null;
  const first = company.returned?.findings[0];
  return first ? { page: pageOf(company, first.item), at: first.item } : null;
}

export const urlOf = (page: PageName, at = ''): string => `/packages/company/pages/${page}/${page}${at && `?at=${at}`}`;

export const readCompany = () => get('/api/company');
