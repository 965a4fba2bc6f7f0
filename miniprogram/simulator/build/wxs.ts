// WXS is not JavaScript: it is ES5 only, `x.constructor` is a type name, getRegExp and getDate replace literals.
import { parse } from 'acorn';

/** Helpers every compiled WXS module sees. */
export const WXS_PRELUDE = `
var __wxsType=function(o){if(o===null||o===undefined)throw new TypeError('wxs: constructor of '+o);return Object.prototype.toString.call(o).slice(8,-1)};
var getRegExp=function(p,f){return new RegExp(p,f||'')};
var getDate=function(){return arguments.length===0?new Date():new (Function.prototype.bind.apply(Date,[null].concat([].slice.call(arguments))))()};
`;

/** Refuses what phones refuse. Returns a message with line and column, or null when the source is fine. */
export function wxsProblem(source: string): string | null {
  try {
    parse(source, { ecmaVersion: 5, allowReturnOutsideFunction: true });
    return null;
  } catch (error) {
    return `wxs must be ES5: ${(error as Error).message}`;
  }
}

/** Rewrites `x.constructor` to the type-name look-up that WXS means by it. */
export function transformWxs(source: string): string {
  return source.replace(
    /((?:[A-Za-z_$][\w$]*)(?:\.[A-Za-z_$][\w$]*|\[[^\]]*\])*)\.constructor\b/g,
    '__wxsType($1)',
  );
}
