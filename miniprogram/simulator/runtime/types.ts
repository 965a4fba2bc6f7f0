// glass-easel's internals are reached untyped, in one word.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Any = any;

/** app.json with what the build found out; one for each package. */
export interface Manifest {
  pack: string;
  units: { path: string; json: Any; isPage: boolean; scope?: string }[];
  appJson?: Any;
  pages?: string[];
  theme?: Record<'light' | 'dark', Record<string, string>> | null;
  packs?: { root: string; file: string }[];
}
