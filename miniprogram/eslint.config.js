// Lint rules of the mini-program, its host and their tests.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/miniprogram_npm/**', 'dist/**', 'app/api/schema.ts', 'node_modules/**'] },
  ...tseslint.configs.recommended,
  { rules: { eqeqeq: ['error', 'always', { null: 'ignore' }], 'no-var': 'error', 'prefer-const': 'error' } },
);
