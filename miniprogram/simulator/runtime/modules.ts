// Packages and modules: define/require by path, as in WeChat. Sub-packages are fetched when first needed.
import type { Any, Manifest } from './types.ts';
import { codeSpace } from './glass.ts';
import { report } from './mp.ts';

type Factory = (...args: Any[]) => void;

const factories = new Map<string, Factory>();
const cache = new Map<string, { exports: Any }>();
const loadedPacks = new Map<string, Promise<void>>();
const arrived = new Map<string, () => void>();

export const units = new Map<string, Manifest['units'][number]>();
export const styles: Record<string, string> = {};
/** The main package's manifest; there is none before it is loaded. */
export let main: Required<Manifest>;

/** Runs after a package's components are known: registers their style sheets with the view. */
let onStyles: (paths: string[]) => void = () => {};
export const setStyleSink = (f: typeof onStyles) => {
  onStyles = f;
};

// a bare global object: what `globalThis` shows to the app
const appGlobal: Any = Object.create(null);
for (const name of ['Object', 'Array', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Symbol', 'Reflect', 'Proxy', 'JSON', 'Math', 'Date', 'RegExp', 'Error', 'TypeError', 'Number', 'String', 'Boolean', 'BigInt', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'encodeURIComponent', 'decodeURIComponent', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'console', 'ArrayBuffer', 'DataView', 'Uint8Array']) {
  appGlobal[name] = (globalThis as Any)[name];
}
export const exposeToApp = (values: Record<string, Any>) => Object.assign(appGlobal, values);

export const define = (id: string, factory: Factory) => void factories.set(id, factory);

/** Runs a module once and returns its exports. */
export function requireModule(id: string): Any {
  const known = cache.get(id);
  if (known) return known.exports;
  const factory = factories.get(id);
  if (!factory) throw new Error(`module "${id}" is not defined (is its sub-package loaded?)`);
  const module = { exports: {} as Any };
  cache.set(id, module);
  factory.call(undefined, requireModule, module, module.exports, appGlobal, appGlobal);
  return module.exports;
}

/** Called first by every package file. */
export function addPackage(manifest: Manifest, sheets: Record<string, string>, templates: Record<string, Any>) {
  if (!manifest.pack) {
    main = manifest as Required<Manifest>;
    codeSpace.addStyleSheet('app', 'app');
  }
  Object.assign(styles, sheets);
  for (const unit of manifest.units) {
    units.set(unit.path, unit);
    codeSpace.addComponentStaticConfig(unit.path, unit.json);
    codeSpace.addCompiledTemplate(unit.path, {
      groupList: templates,
      content: templates[unit.path],
      fallbackListenerOnNativeNode: true,
    });
    if (sheets[unit.path] !== undefined) codeSpace.addStyleSheet(unit.path, unit.path, unit.scope);
    else if (unit.scope) codeSpace.addStyleSheet(unit.path, undefined, unit.scope);
  }
}

const BUILT_IN_BEHAVIORS: Record<string, Any> = {
  'wx://form-field': { properties: { name: String, value: null } },
  'wx://form-field-group': {},
  'wx://form-field-button': {},
  'wx://component-export': {},
};
const behaviors: Record<string, Any> = {};
codeSpace.componentEnv('', ({ Behavior }: Any) => {
  for (const [name, definition] of Object.entries(BUILT_IN_BEHAVIORS)) behaviors[name] = Behavior(definition);
});
const named = (list: Any[] | undefined) =>
  list?.map((b) => (typeof b === 'string' ? behaviors[b] : b)).filter(Boolean);

/** The adapter does not read `options.styleIsolation` or behaviors given by name. */
function prepare(path: string, definition: Any) {
  const statics = codeSpace.getComponentStaticConfig(path);
  if (definition.options?.styleIsolation) statics.styleIsolation ??= definition.options.styleIsolation;
  if (definition.options?.addGlobalClass) statics.addGlobalClass = true;
  if (definition.behaviors) definition.behaviors = named(definition.behaviors);
  return definition;
}

function registerUnit(path: string) {
  codeSpace.componentEnv(path, (e: Any) => {
    const scope = globalThis as Any;
    scope.Component = (d: Any) => (d ? e.Component(prepare(path, d)) : e.Component());
    scope.Page = (d: Any) => e.Page(prepare(path, d));
    scope.Behavior = (d: Any) => (d ? e.Behavior({ ...d, behaviors: named(d.behaviors) }) : e.Behavior());
    try {
      requireModule(path);
    } catch (error) {
      report(`require ${path}`, error);
    }
  });
}

/** Called last by every package file. */
export function packageLoaded(pack: string) {
  const own = [...units.values()].filter((unit) => packOf(unit.path) === pack);
  if (!pack) {
    try {
      requireModule('app');
    } catch (error) {
      report('require app', error);
    }
  }
  for (const unit of own) registerUnit(unit.path);
  onStyles([...(pack ? [] : ['app']), ...own.map((unit) => unit.path)]);
  arrived.get(pack)?.();
}

export const packOf = (path: string) => main.packs.find(({ root }) => path.startsWith(`${root}/`))?.root ?? '';

/** True when the page can be opened at once. */
export const isLoaded = (path: string) => units.has(path);

/** Loads the sub-package `path` lies in, once. */
export function loadPackageOf(path: string): Promise<void> {
  const pack = packOf(path);
  if (!pack) return Promise.resolve();
  let pending = loadedPacks.get(pack);
  if (!pending) {
    pending = new Promise((resolve, reject) => {
      arrived.set(pack, resolve);
      const script = document.createElement('script');
      script.src = main.packs.find(({ root }) => root === pack)!.file;
      script.onerror = () => {
        loadedPacks.delete(pack);
        reject(Object.assign(new Error(pack), { errMsg: `loadSubpackage:fail ${pack}` }));
      };
      document.head.append(script);
    });
    loadedPacks.set(pack, pending);
  }
  return pending;
}
