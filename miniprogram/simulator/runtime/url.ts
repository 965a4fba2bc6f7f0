// Page addresses: "/pages/a/a?x=1". Query values stay encoded, as WeChat leaves them.
export interface Address {
  path: string;
  query: Record<string, string>;
}

/** Splits an address; a relative one is taken from the folder of `from`. */
export function parseAddress(url: string, from?: string): Address {
  const at = url.indexOf('?');
  const rawPath = at < 0 ? url : url.slice(0, at);
  const search = at < 0 ? '' : url.slice(at + 1);
  const path =
    rawPath.startsWith('/') || !from ? rawPath.replace(/^\//, '') : new URL(rawPath, `http://x/${from}`).pathname.slice(1);
  const query: Record<string, string> = {};
  for (const pair of search.split('&').filter(Boolean)) {
    const eq = pair.indexOf('=');
    query[eq < 0 ? pair : pair.slice(0, eq)] = eq < 0 ? '' : pair.slice(eq + 1);
  }
  return { path, query };
}
