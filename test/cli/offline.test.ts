import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { unpacked, withPack } from './pack-project.ts';
import { CLI, environmentOf, start } from './run.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/offline.md'), 'utf8');
const COMMANDS = [...PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, text = '']) => text.trim().split('\n'));

describe('the page about packs', () => {
  it('can be followed, command by command', async () => {
    expect(COMMANDS.length).toBeGreaterThan(5);
    await withPack(async ({ lab, lock, folder, options }) => {
      await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
      await lock({ p: '1.0.0' });
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      const assay = `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@" ${options.join(' ')}\n`;
      writeFileSync(join(bin, 'assay'), assay);
      chmodSync(join(bin, 'assay'), 0o755);
      const env = environmentOf(folder, { PATH: `${bin}:${process.env['PATH'] ?? ''}` });
      for (const command of COMMANDS) {
        const { status, stdout, stderr } = await start('/bin/sh', ['-c', command], folder, env);
        expect([command, status, status === 0 ? '' : stdout + stderr]).toEqual([command, 0, '']);
      }
      const rows = [...PAGE.matchAll(/^\| `([^`…]+)`/gm)].map(([, path = '']) => path);
      const shapes = rows.filter((path) => path.startsWith('npm/') && /packument|sigstore/.test(path));
      expect(shapes).toHaveLength(2);
      const paths = [...unpacked(join(folder, 'evidence.tar'), join(folder, 'again')).keys()];
      for (const shape of shapes) {
        const pattern = shape.replace('HOST', '[^/]+').replace('NAME', 'p').replace('VERSION', '1\\.0\\.0');
        expect(paths.some((path) => new RegExp(`^${pattern}$`).test(path))).toBe(true);
      }
    });
  });
});
