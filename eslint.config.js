import tseslint from 'typescript-eslint';
import { flatConfigs } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

/** Folders of src/ in the order of the flow: each may import those before it, never those after it. */
const ORDER = ['model', 'lockfiles', 'sigstore', 'registries', 'cache', 'checks', 'policy', 'report'];
/** Which earlier folders each stage may import; nothing else of src/ is open to it. */
const MAY_IMPORT = {
  model: [],
  lockfiles: ['model'],
  sigstore: ['model'],
  registries: ['model'],
  cache: ['model'],
  checks: ['model', 'sigstore'],
  policy: ['model'],
  report: ['model'],
};
const PURE = ['model', 'lockfiles', 'sigstore', 'checks', 'policy', 'report'];

const zones = ORDER.map((folder) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...MAY_IMPORT[folder]].map((name) => `./${name}`),
  message: `src/${folder} may import only: ${MAY_IMPORT[folder].join(', ') || 'nothing'}.`,
}));

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  flatConfigs.typescript,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: PURE.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'process', 'Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'WebSocket'].map(
          (name) => ({ name, message: 'Pure folders take time, input and output as arguments.' }),
        ),
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(node:)?(fs|fs/promises|http|https|http2|net|tls|dns|child_process|worker_threads|process|os|timers.*|readline)$',
              message: 'Pure folders do no input or output.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/model/time.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/sigstore/**', 'src/checks/**', 'src/model/proof.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportSpecifier[imported.name='establish']",
          message: 'Proofs are established by verification only.',
        },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
