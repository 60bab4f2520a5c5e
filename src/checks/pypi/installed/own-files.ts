/**
 * What virtualenv, and uv to 0.13, put beside the packages of each environment, by the SHA-256 of what they have put
 * there: `_virtualenv.py` of virtualenv 20.0 to 21.15 and of uv 0.1 to 0.13.
 */
const HOOKS: ReadonlySet<string> = new Set([
  '0278334cdcfab4c746b4416fbd5c2b6e7da937c81e132397d62c361d404ebe0e',
  '02943e192823d75212f206e1f2991ac572119882683a95dfbb7a1b913d7b14b5',
  '0aeb86546345c1d0fada097536e35525714d5cdbcc2d8eb3f9912a955044fcff',
  '0f20351ea7e90039c46d3fabdef991f28b1e3ff33eb13ee6f0d5cd21ea0e8b14',
  '119e4eb9c1a39e6ffd220840844bd326fa1bd3acf2f1c9fa0612949aedc228a5',
  '460589e83387d4dfe5fd84d41c5f6979599f5cd080983d73c832549161c80435',
  '684b8c07932ba4a84ac2e5ae9afe49ef04e92bac3d8d4191d455cf09d093e5fc',
  '6cf30c56faf2a55228914dbbd17f8088ed371ebb08f5e7fa6fd931f913fcaf1d',
  'bec6155ff7bfc88f8e79e481f27fd7ee0a3b40eeca9bfeb41f4c4b997b2f8100',
  'c9199315871b11b12df226f890a38e66e63191e1adbfb11a66e6861151b33fca',
  'ce57d5e0d9b5d7356cb42da7450ba8f9359bdf693e335f4c921626943c77e64d',
  'cfb3db86aaa53bb62b5ff764970bec2d71c9228590a0ebec57f6ec926cc0bf1a',
  'cfe56cafbd68fd31a0e87100f111d7d2f6b7157241096500013c07e88d80a22f',
  'e3e10c8a19a62a49928c139b8e6824eac92dcdda7639953bcd10921011cbbdff',
  'ee52b2e2e720a40885a6b4b90c40e28e5c70e550af74d5efd169eaa5db2a6f6f',
]);
/** `import _virtualenv`, and nothing else. */
const HOOK_START = '69ac3d8f27e679c81b94ab30b3b56e9cd138219b1ba94a1fa3606d5a76a1433d';
/** `distutils-precedence.pth` of setuptools 51 to 84, which loads a module of setuptools. */
const SETUPTOOLS: ReadonlySet<string> = new Set([
  '7ea7ffef3fe2a117ee12c68ed6553617f0d7fd2f0590257c25c484959a3b7373',
  '2638ce9e2500e572a5e0de7faed6661eb569d1b696fcba07b0dd223da5f5d224',
]);
/** What an environment is begun with. */
const SEEDS: ReadonlySet<string> = new Set(['pip', 'setuptools', 'wheel']);
const PROGRAMS =
  /^(?:(?:python|pypy)w?[\d.]*t?d?(?:\.exe)?|(?:de)?activate(?:_this)?(?:\.\w+)?|Activate\.ps1|pydoc\.bat)$/;

/** Whether a file in the folder of modules is one that an environment is made with, in a form that is known. */
export function isOfEnvironment(within: string, digest: string | null): boolean {
  if (within === '_virtualenv.py') return HOOKS.has(digest ?? '');
  return within === '_virtualenv.pth' && digest === HOOK_START;
}

/** Whether a program is one that an environment is made with: by its name, as nothing says what it has to be. */
export function isProgramOfEnvironment(name: string): boolean {
  return PROGRAMS.test(name);
}

/** Whether a start-up file is that of setuptools, which older environments are begun with, in a form that is known. */
export function isOfSetuptools(within: string, digest: string | null): boolean {
  return within === 'distutils-precedence.pth' && SETUPTOOLS.has(digest ?? '');
}

export function isSeed(name: string): boolean {
  return SEEDS.has(name);
}
