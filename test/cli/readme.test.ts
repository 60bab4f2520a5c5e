import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assayHere } from './in-process.ts';
import { assay, inFolder } from './run.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

describe('the README', () => {
  it('shows what the demo prints', async () => {
    await inFolder(async (folder) => {
      const { status, stdout, stderr } = await assay(['demo'], folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const [, shown = ''] = /```text\n\$ assay\n([\s\S]*?)```/.exec(README) ?? [];
      expect(shown).toContain('provenance-lost');
      // The demo's port is another one each time.
      expect(stdout.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1')).toContain(shown);
    });
  });

  it('says of a replay that its registry has ended, and names a command that can be run', async () => {
    await inFolder(async (folder) => {
      const { stdout } = await assayHere(['demo'], folder, 80);
      const [, last = ''] = /\n(4\. [\s\S]*)$/.exec(stdout) ?? [];
      expect(last.replace(/\s+/g, ' ')).toMatch(/The registry ended with this replay.* run: assay audit $/);
      // Nothing is left to be asked at the address that was shown.
      const [address = ''] = /http:\/\/127\.0\.0\.1:\d+\//.exec(stdout) ?? [];
      await expect(fetch(address)).rejects.toThrow();
      const run = await assayHere(['audit'], folder, 80);
      expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('lockfile')]);
    });
  });

  it.each([40, 80])('plays the demo within %i columns', async (columns) => {
    await inFolder(async (folder) => {
      const { status, stdout } = await assayHere(['demo'], folder, columns);
      expect(status).toBe(0);
      expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([]);
    });
  });

  it.each([
    ['go', 'integrity-mismatch', 'all modules verified'],
    ['pypi', 'provenance-lost', '+ router==1.4.0'],
    ['cargo', 'integrity-missing', 'hello from the attacker'],
  ])('has a demo of %s, which goes as it is told, within a narrow terminal too', async (name, code, recorded) => {
    await inFolder(async (folder) => {
      const { status, stdout, stderr } = await assayHere(['demo', name], folder, 60);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain(`error[${code}]`);
      expect(stdout).toContain(recorded);
      expect(stdout).toMatch(/\(recorded: \S+/);
      expect(stdout.split('\n').filter((line) => line.length > 60)).toEqual([]);
    });
  });

  it.each([
    [['nmp'], 'there is no demo of nmp; did you mean assay demo npm? (npm, pypi, go, cargo)'],
    [['toString'], 'there is no demo of toString (npm, pypi, go, cargo)'],
    [['go', 'pypi'], 'demo takes one ecosystem'],
  ])('plays no other demo: %s', async (names, problem) => {
    await inFolder(async (folder) => {
      expect(await assayHere(['demo', ...names], folder)).toEqual({
        status: 2,
        stdout: '',
        stderr: `assay: ${problem}\n`,
      });
    });
  });

  it('links to files that are there', () => {
    for (const [, path = ''] of README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => readFileSync(join(import.meta.dirname, '../..', path)), path).not.toThrow();
    }
  });
});
