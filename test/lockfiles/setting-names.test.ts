import { describe, expect, it } from 'vitest';
import { settingOfOption, settingOfVariable, type UseSetting } from '../../src/lockfiles/settings/names.ts';
import { unverifiedBy } from '../../src/lockfiles/settings/effects.ts';
import { ignoringSetting } from '../../src/lockfiles/settings/effects.ts';
import type { NodeManager } from '../../src/model/dependency.ts';

const place = { isElsewhere: (path: string) => path !== '.', names: ['pnpm-lock.yaml', 'pnpm-lock-x-yaml'] };

function counts(manager: NodeManager, setting: UseSetting | null): boolean {
  if (setting === null) return false;
  return ignoringSetting(manager, [setting], place) !== null || unverifiedBy(manager, [{ setting }]).length > 0;
}

describe('a setting counts alike in a file, as an option and as a variable', () => {
  it.each([
    ['npm', 'package-lock', 'package-lock', 'npm_config_package_lock', 'false'],
    ['npm', 'global', 'g', 'NPM_CONFIG_GLOBAL', 'true'],
    ['pnpm', 'lockfile', 'lockfile', 'pnpm_config_lockfile', 'false'],
    ['pnpm', 'lockfileDir', 'lockfile-directory', 'npm_config_lockfile_dir', 'other'],
    ['pnpm', 'storeDir', 'store', 'PNPM_CONFIG_STORE_DIR', './store'],
    ['pnpm', 'mergeGitBranchLockfiles', 'merge-git-branch-lockfiles', 'npm_config_merge_git_branch_lockfiles', 'true'],
    ['pnpm', 'gitBranchLockfile', 'git-branch-lockfile', 'pnpm_config_git_branch_lockfile', 'true'],
    ['yarn-classic', 'cache-folder', 'cache-folder', 'YARN_CACHE_FOLDER', './store'],
    ['yarn', 'checksumBehavior', 'checksum-behavior', 'YARN_CHECKSUM_BEHAVIOR', 'ignore'],
    ['yarn', 'lockfileFilename', 'lockfile-filename', 'YARN_LOCKFILE_FILENAME', 'other.lock'],
    ['bun', 'install.cache.dir', 'cache-dir', 'BUN_INSTALL_CACHE_DIR', './store'],
    ['bun', 'BUN_CONFIG_NO_VERIFY', 'no-verify', 'BUN_CONFIG_NO_VERIFY', '1'],
    ['vlt', 'config.cache', 'cache', 'VLT_CACHE', './store'],
  ] as const)('%s: %s, --%s and %s', (manager, key, option, variable, value) => {
    expect(counts(manager, [key, value])).toBe(true);
    expect(counts(manager, settingOfOption(option, value))).toBe(true);
    expect(counts(manager, settingOfVariable(manager, variable, value))).toBe(true);
  });

  it('Bun: BUN_CONFIG_SKIP_LOAD_LOCKFILE, which has no option', () => {
    expect(counts('bun', ['BUN_CONFIG_SKIP_LOAD_LOCKFILE', '1'])).toBe(true);
    expect(counts('bun', settingOfVariable('bun', 'BUN_CONFIG_SKIP_LOAD_LOCKFILE', '1'))).toBe(true);
  });

  it('Bun: install.lockfile.save and BUN_CONFIG_SKIP_SAVE_LOCKFILE, after which a changed lockfile is not seen', () => {
    expect(counts('bun', ['install.lockfile.save', false])).toBe(true);
    expect(counts('bun', ['install.lockfile.save', true])).toBe(false);
    expect(counts('bun', settingOfVariable('bun', 'BUN_CONFIG_SKIP_SAVE_LOCKFILE', '1'))).toBe(true);
  });

  it('Yarn 2 and later: a defaultProtocol of its own', () => {
    expect(counts('yarn', ['defaultProtocol', 'portal:./evil/'])).toBe(true);
    expect(counts('yarn', ['defaultProtocol', 'npm:'])).toBe(false);
    expect(counts('yarn', settingOfVariable('yarn', 'YARN_DEFAULT_PROTOCOL', 'file:./evil/'))).toBe(true);
  });

  it.each([
    ['bun', 'bun_config_no_verify', '1'],
    ['bun', 'BUN_CONFIG_NO_VERIFY', '0'],
    ['bun', 'BUN_CONFIG_NO_VERIFY', ''],
    ['bun', 'BUN_CONFIG_SKIP_LOAD_LOCKFILE', 'false'],
    ['bun', 'BUN_CONFIG_SKIP_SAVE_LOCKFILE', 'false'],
    ['yarn', 'YARN_DEFAULT_PROTOCOL', 'npm:'],
    ['bun', 'npm_config_global', 'true'],
    ['npm', 'pnpm_config_package_lock', 'false'],
    ['yarn', 'npm_config_checksum_behavior', 'ignore'],
    ['yarn', 'YARN_CHECKSUM_BEHAVIOR', 'throw'],
    ['vlt', 'VLT_REGISTRY', 'https://r.test'],
  ] as const)('%s: not %s=%s', (manager, variable, value) => {
    expect(counts(manager, settingOfVariable(manager, variable, value))).toBe(false);
  });
});

describe('lockfiles of branches that pnpm puts together', () => {
  const isMerged = (name: string, setting: UseSetting = ['merge-git-branch-lockfiles', true]): boolean =>
    ignoringSetting('pnpm', [setting], { ...place, names: ['pnpm-lock.yaml', name] }) !== null;

  it('are whatever its pattern, with its unescaped dots, finds beside the lockfile', () => {
    for (const name of ['pnpm-lock.x.yaml', 'pnpm-lock-x-yaml', 'pnpm-lock..yaml', 'pnpm-lockXxXyaml']) {
      expect(isMerged(name), name).toBe(true);
      expect(isMerged(name, ['mergeGitBranchLockfilesBranchPattern', ['main']]), name).toBe(true);
      expect(isMerged(name, ['mergeGitBranchLockfiles', false]), name).toBe(false);
    }
    for (const name of ['pnpm-lock.yml', 'my-pnpm-lock.x.yaml', 'pnpm-lock.x.yaml.bak', 'pnpm-lock\n.yaml']) {
      expect(isMerged(name), name).toBe(false);
    }
    expect(isMerged('pnpm-lock.x.yaml', ['mergeGitBranchLockfilesBranchPattern', []])).toBe(false);
  });
});

describe('switches as npm reads them', () => {
  const isOff = (value: unknown): boolean => counts('npm', ['package-lock', value]);
  const isOn = (value: unknown): boolean => counts('npm', ['global', value]);

  it.each(['0x0', '-0', '0', '0.0', '0e5', '00', ' 0 ', 'false', false, null])('%j is off', (value) => {
    expect([isOff(value), isOn(value)]).toEqual([true, false]);
  });

  it.each(['1', 'yes', 'true', true, 'no', '0x1', 'False', '0b'])('%j is on', (value) => {
    expect([isOff(value), isOn(value)]).toEqual([false, true]);
  });

  it('a name alone counts as either', () => {
    expect([isOff(''), isOn('')]).toEqual([true, true]);
  });
});

describe('an option that is denied', () => {
  it('is denied by an odd count, in whatever letters', () => {
    expect(settingOfOption('No-package-lock', 'true')).toEqual(['package-lock', 'false']);
    expect(settingOfOption('no-no-package-lock', 'true')).toEqual(['package-lock', 'true']);
    expect(settingOfOption('no-NO-no-package-lock', 'true')).toEqual(['package-lock', 'false']);
    expect(settingOfOption('no-no-no-package-lock', 'false')).toEqual(['package-lock', 'true']);
    expect(settingOfOption('node-options', 'x')).toEqual(['node-options', 'x']);
  });
});
