import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OMITTABLE } from '../../src/audit/options.ts';
import { COMMAND_NAMES } from '../../src/cli/names.ts';
import { shownCommands } from '../../src/cli/start/commands.ts';
import { PHASES } from '../../src/model/verdict.ts';
import { renderMan } from '../../src/report/commands/man.ts';
import { assayHere } from './in-process.ts';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout } = await assayHere(['completion', shell], folder);
    expect(status).toBe(0);
    writeFileSync(join(folder, shell), stdout);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!has('bash'))('completion in bash (skipped without bash)', () => {
  /** What the shell offers for the last word. */
  function offered(...words: readonly string[]): string[] {
    const script = `source ${join(folder, 'bash')} && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _assay && echo "\${COMPREPLY[*]}"`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8' });
    return stdout.split(/\s+/).filter((word) => word !== '');
  }

  it('offers commands, actions, options and values', () => {
    expect(offered('assay', '')).toEqual([...COMMAND_NAMES]);
    expect(offered('assay', 'ver')).toEqual(['verify-bundle']);
    expect(offered('assay', '--enf')).toEqual(['--enforce']);
    expect(offered('assay', 'log', '')).toEqual(['search', 'show', 'verify', 'watch']);
    expect(offered('assay', 'check', '--registry-')).toEqual(['--registry-keys']);
    expect(offered('assay', 'audit', '--enforce', '')).toEqual([...PHASES]);
    expect(offered('assay', 'audit', '--omit', '')).toEqual([...OMITTABLE]);
    expect(offered('assay', 'audit', '--output', 's')).toEqual(['sarif']);
  });

  it('offers nothing of its own where files, other texts, or words of another command stand', () => {
    for (const words of [
      ['audit', '--policy', ''],
      ['accept', 'p@1.0.0', '--reason', ''],
      ['audit', 'fo'],
      ['exec', '--', 'npm', '--enf'],
      ['cache', '--enf'],
    ]) {
      expect(offered('assay', ...words), words.join(' ')).toEqual([]);
    }
  });
});

describe.each(['zsh', 'fish'])('completion in %s (its syntax is checked where it is installed)', (shell) => {
  it('has every command and option', async ({ skip }) => {
    const script = await assayHere(['completion', shell], folder);
    for (const { name, options } of await shownCommands()) {
      expect(script.stdout).toContain(name);
      for (const option of options) expect(script.stdout).toContain(option.name.slice('--'.length));
    }
    if (!has(shell)) skip(`${shell} is not installed`);
    expect(spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe('the script', () => {
  it.each([[[]], [['tcsh']], [['bash', 'zsh']]])('for %j is refused in one line', async (args) => {
    const { status, stdout, stderr } = await assayHere(['completion', ...args], folder);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^assay: completion takes one of bash, zsh, fish, [^\n]*\n$/);
  });
});

describe('the manual page', () => {
  it('has every command, option and exit status, and is that of help --man', async () => {
    const { status, stdout } = await assayHere(['help', '--man'], folder);
    expect(status).toBe(0);
    for (const { name, options, statuses } of await shownCommands()) {
      const [, section = ''] = stdout.split(`\n.SS assay ${name.replaceAll('-', '\\-')}`);
      const [own = ''] = section.split('\n.SS ');
      for (const option of options) expect(own).toContain(`.B ${option.name.replaceAll('-', '\\-')}`);
      for (const [status] of statuses) expect(own).toContain(`.B ${status}\n`);
    }
  });

  it('takes no text for a request or an escape', () => {
    const hostile = { usage: "'x", summary: '.so /etc/passwd', options: [], actions: [], statuses: [] };
    const page = renderMan('1', [{ name: 'a\\fB', ...hostile }]);
    expect(page).toContain('\n\\&.so /etc/passwd.\n');
    expect(page).toContain("\n\\&'x\n");
    expect(page).toContain('a\\efB');
  });

  it.skipIf(!has('groff'))('is roff without a warning (skipped without groff)', async () => {
    const { stdout: input } = await assayHere(['help', '--man'], folder);
    const run = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
  });
});
