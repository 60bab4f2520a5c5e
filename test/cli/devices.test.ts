import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLI, environmentOf, inFolder, start, type Run } from './run.ts';

const SIGNED = ['--certificate-identity', 'x', '--certificate-oidc-issuer', 'y'];
const WATCH = ['log', 'watch', '--once', '--state', 'state', '--repository-id', '1'];

/** Every command line that names a file, with it in the place of FILE. */
const NAMING: readonly (readonly string[])[] = [
  ['verify-bundle', '--bundle', 'b.json', ...SIGNED, 'FILE'],
  ['verify-bundle', '--bundle', 'FILE', ...SIGNED, 'a'],
  ['verify-bundle', '--bundle', 'b.json', '--key', 'FILE', 'a'],
  ['verify-bundle', '--bundle', 'b.json', ...SIGNED, '--trusted-root', 'FILE', 'a'],
  ['verify-bundle', '--bundle', 'b.json', ...SIGNED, '--witness-policy', 'FILE', 'a'],
  ['audit', 'FILE'],
  ['audit', '--policy', 'FILE'],
  ['audit', '--registry-keys', 'FILE'],
  ['audit', '--tuf', 'https://tuf.test', '--tuf-root', 'FILE'],
  ['audit', '--evidence', 'FILE'],
  ['audit', '--advisories', 'FILE'],
  ['pack', '--output', 'o.tar', '--since', 'FILE'],
  ['log', 'search', 'FILE'],
  ['log', 'verify', '--fork', 'FILE'],
  ['log', 'watch', 'FILE', '--once', '--state', 'state'],
  [...WATCH, '--bundle', 'FILE'],
  [...WATCH, '--signing-config', 'FILE'],
  ['trust', 'import', 'FILE'],
];

const run = (args: readonly string[], folder: string): Promise<Run> =>
  start(process.execPath, [CLI, ...args], folder, environmentOf(folder, {}));

describe.skipIf(process.platform === 'win32')('what may never end, in place of a file', () => {
  it('is refused at once, in one line that names it, by every command', async () => {
    await inFolder(async (folder) => {
      expect(spawnSync('mkfifo', [join(folder, 'fifo')]).status).toBe(0);
      symlinkSync('/dev/zero', join(folder, 'zero'));
      for (const [name, content] of [
        ['b.json', '{}'],
        ['a', 'a'],
        ['package-lock.json', '{"name":"p","lockfileVersion":3,"packages":{"":{"name":"p"}}}'],
      ] as const) {
        writeFileSync(join(folder, name), content);
      }
      const lines = NAMING.map((line, i) => [line, i % 2 === 0 ? 'fifo' : 'zero'] as const);
      for (const [line, file] of lines) {
        const { status, stdout, stderr } = await run(
          line.map((word) => (word === 'FILE' ? file : word)),
          folder,
        );
        expect([line, status, stdout, stderr]).toEqual([
          line,
          2,
          '',
          expect.stringMatching(new RegExp(`^assay: [^\\n]*\\b${file}\\b[^\\n]*\\n$`)),
        ]);
      }
    });
  });

  it('is not a pipe of the shell, which is read to its end, and no further than there can be a file', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'a'), 'a');
      const shell = (line: string): Promise<Run> =>
        start('bash', ['-c', line, CLI, process.execPath], folder, environmentOf(folder, {}), 60_000);
      const bundle = `"$1" "$0" verify-bundle --bundle`;
      const signed = SIGNED.join(' ');
      const malformed = await shell(`echo '{}' | cat | ${bundle} /dev/stdin ${signed} <(sleep 0.3; echo x)`);
      expect([malformed.status, malformed.stderr]).toEqual([1, '']);
      const endless = await shell(`(ulimit -v 8000000; ${bundle} <(cat /dev/zero) ${signed} a)`);
      expect([endless.status, endless.stdout]).toEqual([2, '']);
      expect(endless.stderr).toMatch(/^assay: cannot read the bundle \/dev\/fd\/\d+: it is too large\n$/);
      expect(await shell(`${bundle} /dev/null ${signed} a`)).toMatchObject({ status: 1, stderr: '' });
    });
  });
});
