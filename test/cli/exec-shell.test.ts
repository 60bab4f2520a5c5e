import { describe, expect, it } from 'vitest';
import { asked, inShell } from './exec-asked.ts';

describe('a text of a shell of which not every program can be told is not run where it names one that is known', () => {
  it.each([
    'echo "$(date)"; npm install --no-save is-odd@3.0.1',
    'echo "`date`"; npm install evil',
    'echo "`date`"; npm ci',
    'export V="$(date)" && npm install evil',
    'npm ci && echo "built $(date)" && npm install -g evil',
    'echo "$(echo "a)" \')\'; npm install evil)"',
    'for f in "$(ls)"; do npm install evil; done',
    "cat <<EOF\nit's\nEOF\nnpm install evil",
    "echo $'it\\'s'; npm install evil",
    "echo '$(' ; npm install evil; echo ')'",
    'sh <<< "npm install evil"',
    'cat <(npm install evil)',
    'echo $((1)); npm ci',
    'echo ${X:-$(npm install evil)}',
    'n"p"m install evil; if true; then true; fi',
    'if true; then n\\pm install evil; fi',
    "if true; then n''pm install evil; fi",
    'if true; then n\\\npm install evil; fi',
    "bash -c '{npm,install,evil}'",
    '{npm,install,evil}',
    'np? install evil',
    '[n]pm install evil',
    '/usr/bin/np* install evil',
    'alias i="npm install"\ni evil',
    'echo npm install evil | sh',
    'echo npm install evil | (cat; sudo bash)',
    'echo npm install evil | parallel',
    'f() { npm install evil; }; f',
    "trap 'npm install evil' EXIT",
    'hash -p ./evil npm; npm ci',
    'case x in x) npm install evil;; esac',
    'npm install &>log evil',
    '(npm ci',
  ])('%s', async (text) => {
    for (const shell of ['-c', '-ec']) expect(await asked(['sh', shell, text])).not.toBeNull();
    expect(await asked(['watch', 'env', 'sh', '-c', text])).not.toBeNull();
  });

  it.each([
    'export $(cat .env); uv sync --locked',
    'export X=$Y; uv sync --locked',
    'env A=$Y uv sync --locked',
    'env $Y uv sync --locked',
    'set -a; . ./.env; uv sync --locked',
    'set -o allexport; uv sync --locked',
    'source x; uv sync --locked',
    'declare -x UV_PROJECT=/x; uv sync --locked',
    'typeset -x UV_PROJECT=/x; uv sync --locked',
    'UV_PROJECT=/x; export UV_PROJECT; uv sync --locked',
    'UV_PROJECT=/x; uv sync --locked',
    'UV_LOCKED=1; uv sync',
    'readonly UV_LOCKED=1; uv sync',
    'export UV_LOCKED=1; unset UV_LOCKED; uv sync',
    'false && export UV_LOCKED=1; uv sync',
    'export UV_LOCKED=1 | cat; uv sync',
    '(export UV_LOCKED=1); uv sync',
    'command export UV_PROJECT=/x; uv sync --locked',
    'read UV_PROJECT; uv sync --locked',
    'printf -v UV_PROJECT /x; uv sync --locked',
    'A+=1; uv sync --locked',
    'BASH_ENV=x bash -c "uv sync --locked"',
    'IFS=p; uv sync --locked',
  ])('nor where it may change the variables: %s', async (text) => {
    expect(await asked(inShell(text))).not.toBeNull();
  });

  it.each([
    'pushd other; popd; npm ci',
    'cd other | true; npm ci',
    'cd other & npm ci',
    'cd other && true & npm ci',
    'test -d nope && cd other; npm ci',
    'test -d nope || cd other; npm ci',
    'cd other || npm ci',
    'f() { cd other; }; npm ci',
    'V=$(cd other; npm ci)',
    'echo "$(cd other; npm ci)"',
    'command cd other; npm ci',
    'cd -P other; npm ci',
    'cd; npm ci',
    'cd -; npm ci',
    '! cd other; npm ci',
    'CDPATH=other; cd x && npm ci',
    'env -C other npm ci',
  ])('nor in another folder: %s', async (text) => {
    expect(await asked(inShell(text))).not.toBeNull();
  });

  it.each([
    [['env', '-S', 'UV_PROJECT=/x uv sync --locked']],
    [['env', '-S', '-C other uv sync --locked']],
    [['env', '-S', '"npm" install evil']],
    [['env', '--split=npm install evil']],
    [['env', '-C', 'other', '-S', 'npm ci']],
    [['env', '-vC', 'other', 'npm', 'ci']],
    [['env', '--chd=other', 'npm', 'ci']],
    [['uv', 'run', '--locked', '--env-file', 'x.env', '--', 'uv', 'sync', '--locked']],
    [['env', 'UV_ENV_FILE=x', 'uv', 'run', '--locked', 'npm', 'ci']],
    [['node', '--env-file=x', '/usr/lib/npm-cli.js', 'ci']],
    [['node', '--env-file', 'x', '/usr/lib/npm-cli.js', 'ci']],
    [['flock', '/tmp/l', '-c', 'npm install evil']],
    [['flock', '/tmp/l', '-c', 'echo "$(date)"; npm install evil']],
    [['bash', '-ceo', 'pipefail', 'npm install evil']],
    [['bash', '-euxco', 'pipefail', 'npm install evil']],
    [['bash', '-c', '-o', 'pipefail', 'npm install evil']],
    [['bash', '-c', '+e', 'npm install evil']],
    [['bash', '--rcfile', 'x', '-c', '--', 'npm install evil']],
    [['busybox', 'env', 'npm', 'install', 'evil']],
    [['busybox', 'sh', '-c', 'npm install evil']],
    [['pnpm', 'exec', '-c', 'npm install evil']],
    [['concurrently', 'npm run build', 'npm install evil']],
    [['concurrently', 'npm run build', 'echo "`date`"; npm install evil']],
    ['find . -exec sh -c true ; -exec npm install evil ;'.split(' ')],
    [['find', '.', '-exec', 'sh', '-c', 'npm ci', ';', '-exec', 'npm', 'install', 'evil', ';']],
    [['python3', '-Ximporttime', '-mpip', 'install', 'six']],
    [['python3', '-Wdefault::m', '-Im', 'pip', 'install', 'six']],
  ])('nor behind other programs: %j', async (line) => expect(await asked(line)).not.toBeNull());

  it.each([
    [['env', '-S', 'A=b uv sync --locked']],
    [['env', '-C', '.', '-S', 'npm ci']],
    [['uv', 'run', '--locked', '--env-file', 'x.env', 'pytest']],
    [['node', '--env-file=x', 'build.js']],
    [['flock', '/tmp/l', '-c', 'npm ci']],
    [['bash', '-euxo', 'pipefail', '-c', 'npm ci']],
    [['bash', '-ceo', 'pipefail', 'npm ci']],
    [['bash', 'build.sh', '-c', 'npm install evil']],
    [['busybox', 'env', 'npm', 'ci']],
    [['concurrently', 'npm run build', 'npm run watch']],
    ['find . -exec npm ci ; -exec npm run build ;'.split(' ')],
    [['git', 'commit', '-m', "don't use npm (yet)"]],
    [['node', '-e', "console.log('npm')"]],
  ])('but is where all that it starts is held to the audit: %j', async (line) => expect(await asked(line)).toBeNull());
});

describe('a program is found behind others as if it stood alone', () => {
  const behind = (line: string): readonly (readonly string[])[] => [
    line.split(' '),
    ['env', ...line.split(' ')],
    ['env', '-u', 'X', 'A=b', ...line.split(' ')],
    ['timeout', '60', ...line.split(' ')],
    ['nice', '-n', '5', 'time', '-p', ...line.split(' ')],
    ['sudo', '-E', ...line.split(' ')],
    ['unknown-program', '--x', ...line.split(' ')],
    ['sh', '-c', line],
    ['bash', '-lc', line],
    ['env', 'A=b', 'bash', '-e', '-o', 'pipefail', '-c', `true && ${line}`],
    ['sh', '-c', `bash -c '${line}'`],
    ['uv', 'run', '--locked', ...line.split(' ')],
    ['npx', '--no-install', ...line.split(' ')],
  ];

  it.each([
    'cargo update',
    'cargo build',
    'cargo build --locked --config x',
    'pip install six',
    'go get x.example',
    'npm install left-pad',
    'uv add six',
    'poetry add six',
  ])('%s', async (line) => {
    for (const each of behind(line)) expect(await asked(each), each.join(' ')).not.toBeNull();
  });

  it.each(['cargo build --locked', 'go build ./...', 'npm ci', 'uv sync --locked'])('%s', async (line) => {
    for (const each of behind(line)) expect(await asked(each), each.join(' ')).toBeNull();
    const chdir = ['env', '-C', 'other', ...line.split(' ')];
    for (const each of [chdir, inShell(`cd other && ${line}`), inShell(`cd other && timeout 60 ${line}`)]) {
      expect(await asked(each), each.join(' ')).toMatch(/which was not audited/);
    }
  });
});
