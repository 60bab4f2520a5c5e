import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { flatConfigs } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

/** The folders of src/, each with the others it may import; nothing else of src/ is open to it. */
const ROOMS = JSON.parse(readFileSync(join(import.meta.dirname, 'src/rooms.json'), 'utf8'));
/** Rooms that are functions of their arguments: no input, no output, no clock, no chance. */
const PURE = [
  'model',
  'ecosystems/conventions',
  'readers',
  'advisories',
  'lockfiles',
  'tlog',
  'sigstore',
  'checks',
  'policy',
  'baseline',
  'report',
];
/** Who may write `establish`: a proof comes out of a verification and out of nothing else. */
const VERIFIERS = ['src/sigstore/**', 'src/checks/**', 'src/model/proof.ts'];

const PURE_BUILTINS = ['buffer', 'crypto', 'path', 'path/posix', 'url', 'util', 'zlib'];
const NETWORK_BUILTINS = ['http', 'https', 'http2', 'net', 'tls', 'dns', 'dns/promises', 'dgram', 'inspector'];
const NETWORK_GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'];
const IMPURE_GLOBALS = [
  ...NETWORK_GLOBALS,
  ...['process', 'performance', 'navigator', 'crypto', 'localStorage', 'sessionStorage', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
];

const globals = (names, message) => [
  'error',
  { globals: names.map((name) => ({ name, message })), checkGlobalObject: true },
];
const modules = (names) => `^(node:)?(${names.join('|')})$`;

const PURE_MESSAGE = 'Pure folders take time, input and output as arguments.';
const NETWORK_MESSAGE = 'Only src/net talks to the network, and the gate listens.';

const noNetworkImports = { regex: `${modules(NETWORK_BUILTINS)}|^undici`, message: NETWORK_MESSAGE };
const noImpureImports = {
  regex: modules(
    builtinModules.filter((name) => !PURE_BUILTINS.includes(name)).map((name) => name.replace('node:', '')),
  ),
  message: PURE_MESSAGE,
};
const noPrograms = {
  regex: `${modules(['child_process'])}|^cross-spawn$`,
  message: 'Only src/git starts a program, git, and assay exec and gate what their user asks for.',
};
const noOracle = { regex: '^@sigstore/verify', message: 'The official verifier is the oracle of the tests.' };
const nothing = { regex: '^(?!node:crypto$)[^.]', message: 'src/model imports nothing but hashes.' };
const noChance = {
  name: 'node:crypto',
  importNames: [
    'randomBytes',
    'randomFill',
    'randomFillSync',
    'randomInt',
    'randomUUID',
    'getRandomValues',
    'webcrypto',
  ],
  message: PURE_MESSAGE,
};

const NO_ESTABLISH = [
  "ImportSpecifier[imported.name='establish']",
  "ExportSpecifier[local.name='establish']",
  'ImportDeclaration[source.value=/proof\\.ts$/] > ImportNamespaceSpecifier',
  "ExportAllDeclaration[exportKind='value'][source.value=/proof\\.ts$/]",
].map((selector) => ({ selector, message: 'Proofs are established by verification only.' }));
const NO_FORGERY = {
  selector:
    "TSAsExpression[expression.type='TSAsExpression'][expression.typeAnnotation.type=/TS(Unknown|Any|Never)Keyword/]",
  message: 'A cast through unknown can forge any type, a proof included.',
};
const NO_DYNAMIC_IMPORT = { selector: 'ImportExpression', message: 'Only src/cli loads code lazily.' };

/** Exceptions are held against whole paths. */
const inRoom = (room, base = '.') => (room === '.' ? `${base}/src/*.ts` : `${base}/src/${room}/*.ts`);
const roomZones = Object.entries(ROOMS).map(([room, others]) => ({
  target: inRoom(room),
  from: './src/**/*.ts',
  except: [room, ...others].map((one) => inRoom(one, '**')),
  message: `src/${room} may import only: ${others.join(', ') || 'nothing'} (src/rooms.json).`,
}));
const OUTSIDE = ['./lab', './bench', './test', './scripts'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  flatConfigs.typescript,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            ...roomZones,
            {
              target: ['./src/*.ts', './src/!(cli)/**', './src/cli/*.ts', './src/cli/!(demo)/**'],
              from: OUTSIDE,
              message: 'The product imports nothing from outside src/; the demo alone may start the lab.',
            },
            { target: './lab', from: ['./test', './bench', './scripts'], message: 'lab/ stands alone.' },
          ],
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // There are no enums, and classes are errors and what holds a connection: both ask for every type there is.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      'no-console': 'error',
      // Prettier holds code to a width, and comments to none.
      'max-len': ['error', { code: 10_000, comments: 120, ignoreUrls: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', NO_FORGERY, ...NO_ESTABLISH] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/net/**'],
    rules: {
      'no-restricted-globals': globals(NETWORK_GLOBALS, NETWORK_MESSAGE),
      'no-restricted-imports': ['error', { patterns: [noNetworkImports, noPrograms, noOracle] }],
    },
  },
  {
    files: ['src/git/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noNetworkImports, noOracle] }] },
  },
  {
    files: ['src/cli/exec/run-program.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noNetworkImports, noOracle] }] },
  },
  {
    files: ['src/net/**/*.ts', 'src/gate/server.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noPrograms, noOracle] }] },
  },
  {
    files: PURE.map((stage) => `src/${stage}/**/*.ts`),
    rules: {
      'no-restricted-globals': globals([...IMPURE_GLOBALS, 'Date'], PURE_MESSAGE),
      'no-restricted-imports': [
        'error',
        { paths: [noChance], patterns: [noNetworkImports, noImpureImports, noOracle] },
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: PURE_MESSAGE }],
      'no-restricted-syntax': ['error', NO_FORGERY, NO_DYNAMIC_IMPORT, ...NO_ESTABLISH],
    },
  },
  {
    files: VERIFIERS,
    rules: { 'no-restricted-syntax': ['error', NO_FORGERY, NO_DYNAMIC_IMPORT] },
  },
  {
    files: ['src/model/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [noChance], patterns: [nothing] }] },
  },
  // The one place that reads and writes times as text; it never asks the clock.
  { files: ['src/model/time.ts'], rules: { 'no-restricted-globals': globals(IMPURE_GLOBALS, PURE_MESSAGE) } },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['scripts/**'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
);
