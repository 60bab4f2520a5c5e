import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, start, type Run } from './run.ts';

const GO = spawnSync('go', ['env', 'GOPROXY', 'GOROOT'], { encoding: 'utf8' });
const [PROXY = '', ROOT = ''] = GO.status === 0 ? GO.stdout.split('\n') : [];
const [FIRST = ''] = PROXY.split(/[,|]/);

/** Runs the go command with an own cache and with nothing of this machine's settings. */
function goCommand(folder: string, env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, GOPATH: join(folder, 'gopath'), GOENV: 'off' };
  return start('go', args, folder, { ...own, GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local', ...env }, 120_000);
}

describe.skipIf(ROOT === '')('beside the go command (skipped where it is not installed)', () => {
  it(
    'refuses a poisoned go.sum that go build and go mod verify take',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          lab.publish('a.example/one', 'v1.0.0', { files: { 'a.go': 'package one\n\nconst Name = "one"\n' } });
          const poisoned = lab.rewrite('a.example/one', 'v1.0.0', { 'a.go': 'package one\n\nconst Name = "evil"\n' });
          writeFileSync(join(folder, 'go.sum'), poisoned);
          writeFileSync(join(folder, 'go.mod'), 'module m.example\n\ngo 1.21\n\nrequire a.example/one v1.0.0\n');
          const main = 'package main\n\nimport "a.example/one"\n\nfunc main() { println(one.Name) }\n';
          writeFileSync(join(folder, 'main.go'), main);
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
          const built = await goCommand(folder, env, 'build', '-buildvcs=false', '-o', 'out', '.');
          expect(built).toMatchObject({ status: 0 });
          const verified = await goCommand(folder, env, 'mod', 'verify');
          expect(verified).toMatchObject({ status: 0, stdout: 'all modules verified\n' });
          const { status, stdout } = await assayInside(['audit'], folder, lab.env);
          expect(status).toBe(1);
          expect(stdout).toContain('integrity-mismatch');
          expect(stdout).toContain('has its zip locked as');
        }),
      ),
    180_000,
  );

  it(
    'takes a database of the lab for one as the go command does, and reads the head that this keeps',
    () =>
      withGoLab((lab) =>
        inFolder(async (folder) => {
          lab.grow(300);
          lab.publish('a.example/One', 'v1.0.0');
          writeFileSync(join(folder, 'go.mod'), 'module m.example\n\ngo 1.21\n\nrequire a.example/One v1.0.0\n');
          writeFileSync(join(folder, 'main.go'), 'package main\n\nimport _ "a.example/One"\n\nfunc main() {}\n');
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: lab.url.slice(0, -1), GOSUMDB: lab.sumdb };
          expect(await goCommand(folder, env, 'mod', 'tidy')).toMatchObject({ status: 0 });
          const run = (): Promise<Run> =>
            assayInside(['audit'], folder, { ...lab.env, GOPATH: join(folder, 'gopath') });
          expect(await run()).toMatchObject({ status: 0 });
          // What go has kept of the one history is no beginning of the other.
          lab.database.fork();
          lab.grow(1);
          const forked = await run();
          expect(forked.status).toBe(1);
          expect(forked.stdout).toContain('log-inconsistent');
        }),
      ),
    180_000,
  );
});

describe.skipIf(!hasSharedData || !/^https?:/.test(FIRST))(
  'a real go.sum on a real module proxy (skipped where either is missing)',
  () => {
    it(
      'holds but for one version that the database does not have',
      (context) =>
        inFolder(async (folder) => {
          try {
            await fetch(`${FIRST}/sumdb/sum.golang.org/supported`, { signal: AbortSignal.timeout(20_000) });
          } catch {
            context.skip('the module proxy is not reached');
          }
          for (const file of ['go.mod', 'go.sum']) {
            cpSync(sharedData(`ecosystems/go/projects/cli/${file}`), join(folder, file));
          }
          mkdirSync(join(folder, '.git'));
          const env = { GOPROXY: PROXY, HTTPS_PROXY: process.env['HTTPS_PROXY'] ?? '' };
          const { status, stdout } = await assayInside(['audit'], folder, env);
          expect(status).toBe(1);
          expect(stdout).toContain('320 dependencies: 319 pass, 1 fail');
          expect(stdout).toContain('go:github.com/cli/go-internal@v0.0.0-20241024130215-fa3c22e38b9b');
          expect(stdout).toContain('is not in sum.golang.org, which has other versions of it');
        }),
      120_000,
    );
  },
);
