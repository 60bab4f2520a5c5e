import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poisonCargo, RECORDED_CARGO, rewriteCrate } from '../../src/cli/demo/cargo.ts';
import { poisonGo, RECORDED_GO } from '../../src/cli/demo/go.ts';
import type { Recorded } from '../../src/cli/demo/player.ts';
import { poisonPypi, RECORDED_UV } from '../../src/cli/demo/pypi.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { withGoLab } from '../support/go-lab.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { inFolder, NO_NETWORK, start } from './run.ts';

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const { PATH = '', HOME = '' } = process.env;

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Each command has the exit status that was recorded, and says what it said. */
async function sayTheSame({ runs }: Recorded, folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  for (const { command, status, says } of runs) {
    const came = await start('sh', ['-c', command], folder, env, 120_000);
    const printed = `${came.stdout}${came.stderr}`;
    expect(came.status, `${command}: ${printed}`).toBe(status);
    for (const line of says) expect(printed).toContain(line);
  }
}

describe('what the demo shows of the ecosystems’ own commands, asked of them again', () => {
  it.skipIf(!has('go', 'version'))(
    'go (skipped where it is not installed)',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          write(folder, poisonGo(lab).poisoned);
          const own = { PATH, HOME: folder, GOPATH: join(folder, 'gopath'), GOENV: 'off', GOFLAGS: '-modcacherw' };
          await sayTheSame(RECORDED_GO, folder, { ...own, ...lab.env });
        }),
      ),
    180_000,
  );

  it.skipIf(!has('cargo', '--version'))(
    'cargo (skipped where it is not installed), which refuses the other bytes without the stray line',
    () =>
      withCratesLab((lab) =>
        inFolder(async (folder) => {
          const { good, poisoned } = poisonCargo(lab);
          const env = { PATH, HOME, CARGO_HOME: join(folder, 'cargo-home'), CARGO_NET_RETRY: '0' };
          write(folder, { ...good, 'cargo-home/config.toml': lab.config });
          rewriteCrate(lab);
          const refused = await start('cargo', ['run', '--quiet'], folder, env, 120_000);
          expect(refused.status).not.toBe(0);
          expect(refused.stderr).toContain('checksum');
          rmSync(join(folder, 'cargo-home/registry'), { recursive: true, force: true });
          write(folder, poisoned);
          await sayTheSame(RECORDED_CARGO, folder, env);
        }),
      ),
    180_000,
  );

  it.skipIf(!has('uv', '--version'))(
    'uv (skipped where it is not installed)',
    () =>
      withPypiLab((lab) =>
        withPypiLab((attacker) =>
          inFolder(async (folder) => {
            write(folder, poisonPypi(lab, attacker).poisoned);
            await sayTheSame(RECORDED_UV, folder, { PATH, HOME: folder, ...NO_NETWORK, UV_PYTHON_DOWNLOADS: 'never' });
          }),
        ),
      ),
    180_000,
  );
});
