// One instance in all packages.
let n = 0;
export const counter = { next: () => ++n };
