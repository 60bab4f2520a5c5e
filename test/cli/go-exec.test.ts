import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyNotRun } from '../../src/cli/exec/why-not.ts';
import type { Io } from '../../src/cli/io.ts';
import { inFolder } from './run.ts';

const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };
const FILES = ['go.mod', 'go.sum', 'sub/go.mod', 'sub/go.sum', 'none/go.mod', 'cmd/main.go'];

/** Why a command line is not run where the go.sum of the folder was audited. */
function asked(
  line: string | readonly string[],
  env: Io['env'] = {},
  files: readonly string[] = FILES,
): Promise<string | null> {
  return inFolder((folder) => {
    for (const file of files) {
      const [name = '', content = ''] = file.split('=>');
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const io = { cwd: folder, env: { HOME: folder, ...env }, stdout: silent, stderr: silent };
    const audited = [{ path: join(folder, 'go.sum'), manager: null }];
    return whyNotRun(typeof line === 'string' ? line.split(' ') : line, audited, io);
  });
}

describe('commands of go that build from the audited go.sum', () => {
  it.each([
    'go build ./...',
    '/usr/local/go/bin/go test ./...',
    'env CGO_ENABLED=0 go build -o out .',
    'timeout 60 go vet ./...',
    'go mod download',
    'go run ./cmd',
    'go -h',
    'make build',
  ])('%s', async (line) => {
    expect(await asked(line)).toBeNull();
  });

  it('in folders of it, and where nothing is locked', async () => {
    expect(await asked(['sh', '-c', 'cd cmd && go build .'])).toBeNull();
    expect(await asked(['sh', '-c', 'cd none; go build .'])).toBeNull();
    expect(await asked('go build ./...', { GOFLAGS: '-mod=readonly -trimpath' })).toBeNull();
    expect(await asked('go build ./...', { GOWORK: 'off' }, [...FILES, 'go.work.sum', 'go.work'])).toBeNull();
  });
});

describe('commands of go that do not', () => {
  it.each([
    ['/usr/local/go/bin/go get x.example@latest', /no lockfile names yet/],
    ['sudo -u bob env -u A B=c /usr/local/go/bin/go get x.example', /no lockfile names yet/],
    ['timeout 60 go get x.example', /no lockfile names yet/],
    ['env GOFLAGS=-mod=mod go build ./...', /GOFLAGS is a setting/],
    ['env -u A GOFLAGS=-modfile=other.mod go build', /GOFLAGS is a setting/],
    ['go install x.example/cmd@v1.0.0', /no lockfile names yet/],
    ['go run x.example/cmd@latest', /no lockfile names yet/],
    ['go mod download x.example@v1.0.0', /no lockfile names yet/],
    ['go env -w GOFLAGS=-mod=mod', /is given -w/],
    ['env GO111MODULE=off go build', /GO111MODULE is a setting that the audit did not read/],
    ['env GOWORK=/elsewhere/go.work go build', /GOWORK is a setting/],
    ['env -C sub go build', /sub.go\.sum, which was not audited/],
    ['go -C sub build', /-C/],
  ])('%s', async (line, why) => {
    expect(await asked(line)).toMatch(why);
  });

  it.each([
    ['cd sub && go build ./...', /sub.go\.sum, which was not audited/],
    ['go build ./... && go get x.example', /go get x\.example may install what no lockfile names yet/],
    ['cd $DIR && go build', /cannot be seen/],
    ['export GOFLAGS=-mod=mod; go build', /GOFLAGS is a setting/],
  ])('in the text of a shell: %s', async (text, why) => {
    expect(await asked(['bash', '-ec', text])).toMatch(why);
  });

  it('by settings of the environment and of go env -w, and in a workspace', async () => {
    expect(await asked('go build', { GO111MODULE: 'off' })).toMatch(/GO111MODULE=off/);
    const set = ['go-env=>GOFLAGS=-mod=mod\n', ...FILES];
    expect(await asked('go build', {}, set)).toBeNull();
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'go-env'), 'GOFLAGS=-mod=mod\n');
      expect(await asked('go build', { GOENV: join(folder, 'go-env') })).toMatch(/-mod=mod/);
    });
    for (const [line, why] of [
      ['GOCACHEPROG=./x', /GOCACHEPROG is a variable/],
      ['GO111MODULE=off', /GO111MODULE=off/],
      ['GOAUTH=./x', /GOAUTH is a variable/],
      ['GONEW=1', /GONEW is a variable/],
      ['GOCACHE=cmd', /GOCACHE is a variable/],
      ['GOFLAGS=-overlay=x', /overlay/],
      ['CC=./cc', /CC=/],
      ['PKG_CONFIG=./x', /PKG_CONFIG=/],
      ['CGO_CFLAGS=-fplugin=./x.so', /CGO_CFLAGS is a variable/],
      ['GOPROXY=off', null],
      ['GOCACHE=/elsewhere', null],
      ['CC=clang', null],
    ] as const) {
      const own = [`.config/go/env=>${line}\n`, `goenv=>${line}\n`, ...FILES];
      const said = await asked('go build', {}, own);
      if (why === null) expect(said, line).toBeNull();
      else expect(said, line).toMatch(why);
      // The environment comes first.
      const [name = ''] = line.split('=');
      if (name === 'GO111MODULE') expect(await asked('go build', { [name]: 'on' }, own)).toBeNull();
    }
    const work = (name: string): Promise<string | null> =>
      asked('go build', { GOWORK: `${name}/go.work` }, [...FILES, `${name}/go.work`, `${name}/go.work.sum`]);
    expect(await work('other')).toMatch(/other.go\.work\.sum, which was not audited/);
  });
});
