// Where things are. The tool is always started from `miniprogram/` (npm scripts do so).
import path from 'node:path';

export const HOME = process.cwd();
export const APP = path.join(HOME, 'app');
export const SIMULATOR = path.join(HOME, 'simulator');
export const TESTS = path.join(HOME, 'tests');
export const DIST = path.join(HOME, 'dist');
export const CACHE = path.join(HOME, 'node_modules/.cache/zhangzheng');
export const NPM_DIR = 'miniprogram_npm';
