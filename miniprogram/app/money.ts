// Money as people read it. Sums come from the server; here they are only written out.

/** `¥1,450.00` from fen. */
export function money(fen: number): string {
  const yuan = Math.trunc(fen / 100).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `¥${yuan}.${String(fen % 100).padStart(2, '0')}`;
}
