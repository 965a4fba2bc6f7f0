// Which members `wx` has and which of them answer with a promise, read from the official typings.
import fs from 'node:fs';
import path from 'node:path';
import { HOME } from './paths.ts';

export interface ApiForms {
  /** Members that return a promise when no callback is given. */
  promise: string[];
  /** All other members. */
  other: string[];
}

/** Reads `interface Wx` of miniprogram-api-typings. */
export function apiForms(): ApiForms {
  const file = path.join(HOME, 'node_modules/miniprogram-api-typings/types/wx/lib.wx.api.d.ts');
  const source = fs.readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const start = source.indexOf('interface Wx {');
  const body = source.slice(start, source.indexOf('\n    }', start));
  const promise = new Set<string>();
  const all = new Set<string>();
  const members = [...body.matchAll(/^ {8}(?:readonly )?([A-Za-z]\w*)\??(?=[<(:])/gm)];
  members.forEach((match, i) => {
    const end = members[i + 1]?.index ?? body.length;
    const text = body.slice(match.index, end);
    all.add(match[1]!);
    if (/PromisifySuccessResult<|\):\s*Promise</.test(text)) promise.add(match[1]!);
  });
  return { promise: [...promise], other: [...all].filter((name) => !promise.has(name)) };
}
