import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/names.ts';
import { assay, CLI, inFolder } from './run.ts';

const EMPTY_LOCK = JSON.stringify({ name: 'x', lockfileVersion: 3, packages: { '': { name: 'x' } } });
const ONE_LOCK = JSON.stringify({
  name: 'x',
  lockfileVersion: 3,
  packages: { '': { devDependencies: { a: '1.0.0' } }, 'node_modules/a': { version: '1.0.0', dev: true } },
});

/** [what, arguments, files, what the one line says] */
const WRONG: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
  ['an unknown option', ['--jsn'], {}, /unknown option --jsn; did you mean --json\?/],
  ['an option by the name of what it sets', ['--phase', 'all'], {}, /unknown option --phase; did you mean --enforce\?/],
  [
    'a command before --, with an option',
    ['exec', 'npm', 'ci', '--ignore-scripts'],
    {},
    /goes after --: assay exec -- npm ci --ignore-scripts\n$/,
  ],
  [
    "a command behind assay's options and before --, with an option",
    ['exec', '--enforce', 'observe', '--all', 'npm', 'ci', '--omit=dev'],
    {},
    /goes after --: assay exec --enforce observe --all -- npm ci --omit=dev\n$/,
  ],
  [
    "a command before --, with an option that is also assay's",
    ['exec', 'npm', 'ci', '--omit=dev'],
    {},
    /goes after --: assay exec -- npm ci --omit=dev\n$/,
  ],
  ['a code in capitals', ['explain', 'PROVENANCE-LOST'], {}, /did you mean provenance-lost\?/],
  ['a word of a code', ['explain', 'stripped'], {}, /did you mean evidence-stripped\?/],
  [
    'a word of many codes',
    ['explain', 'provenance'],
    {},
    /there is no finding provenance; did you mean provenance-[a-z-]+ or provenance-[a-z-]+ or provenance-[a-z-]+\? \(assay/,
  ],
  ['the beginning of a word of a code', ['explain', 'strip'], {}, /did you mean evidence-stripped\?/],
  ['a letter', ['explain', 'p'], {}, /there is no finding p \(assay explain lists them\)/],
  ['an option of no command', ['check', '--nope'], {}, /unknown option --nope \(assay check --help lists them\)/],
  ['a command in quotes', ['exec', 'npm ci'], {}, /without quotes around it: assay exec -- npm ci\n$/],
  ['a command in quotes, behind --', ['exec', '--', 'npm ci'], {}, /without quotes around it: assay exec -- npm ci\n$/],
  ['a gate for nothing', ['gate'], {}, /gate needs a command: assay gate -- npm install axios; or --listen/],
  [
    'a gate for a command in quotes',
    ['gate', '--', 'npm i x'],
    {},
    /without quotes around it: assay gate -- npm i x\n$/,
  ],
  ['a hook with an argument', ['hook', 'npm ci'], {}, /hook takes no argument: it reads standard input\n$/],
  ['a hook that is asked nothing', ['hook'], {}, /standard input:1: not valid JSON.*assay hook reads what Claude Code/],
  ['a hook without a time', ['hook', '--timeout', '0'], {}, /--timeout takes seconds, from 1 to 3600, not 0\n$/],
  [
    'a server with an argument',
    ['mcp', '.'],
    {},
    /mcp takes no argument: it serves the folder that it is started in\n$/,
  ],
  ['a gate at no port', ['gate', '--listen', 'here'], {}, /--listen needs HOST:PORT, not here\n$/],
  ['a gate at a port that is none', ['gate', '--listen', '1:65536'], {}, /--listen needs HOST:PORT, not 1:65536\n$/],
  [
    'a gate at no address',
    ['gate', '--listen', '192.0.2.1:0'],
    {},
    /cannot listen at 192\.0\.2\.1:0: no such address here\n$/,
  ],
  [
    'a gate for a command, with an upstream',
    ['gate', '--upstream', 'https://registry.example', '--', 'npm', 'i'],
    {},
    /--upstream is for a gate without a command; with one, --registry says whom to ask\n$/,
  ],
  [
    'no folder to write to',
    ['pack', '--output', '/nope/x'],
    {},
    /cannot write \/nope\/x: there is no folder \/nope: make it/,
  ],
  [
    'a bundle without its artifact',
    ['verify-bundle', '--bundle', 'b.json'],
    {},
    /needs the artifact that b\.json is about: a file, sha256:HEX or sha512:HEX/,
  ],
  ['an option that this command has not', ['explain', '--phase=all'], {}, /unknown option --phase \(/],
  ['help with an unknown command', ['help', 'adit'], {}, /adit is no command; did you mean assay audit\?/],
  ['an unknown command', ['exlpain'], {}, /exlpain is neither a command nor a path; did you mean assay explain\?/],
  [
    'a missing file',
    ['packages/a/package-lock.json'],
    {},
    /: no such file or directory: packages\/a\/package-lock\.json; name/,
  ],
  [
    'a missing file that is called like a command',
    ['audit.json'],
    {},
    /: no such file or directory: audit\.json; name/,
  ],
  [
    'what is like nothing',
    ['packages'],
    {},
    /: no such file or directory: packages, and no command of that name; .*--help/,
  ],
  ['a missing path', ['audit', 'nowhere'], {}, /no such file or directory: nowhere/],
  ['a folder without lockfile', [], {}, /no lockfile in .*package-lock\.json/],
  ['a project without lockfile', [], { 'package.json': '{}' }, /npm install --package-lock-only/],
  ['an empty lockfile', [], { 'package-lock.json': EMPTY_LOCK }, /nothing to check in package-lock\.json/],
  [
    'everything omitted',
    ['--omit', 'dev'],
    { 'package-lock.json': ONE_LOCK },
    /every dependency is left out by --omit/,
  ],
  ['a lockfile that is not JSON', [], { 'package-lock.json': '{"a":\n!}' }, /package-lock\.json/],
  ['an empty file', [], { 'package-lock.json': '' }, /package-lock\.json/],
  [
    'a wrong phase',
    ['--enforce', 'strict'],
    { 'package-lock.json': ONE_LOCK },
    /--enforce takes observe, guard, critical, all, not strict/,
  ],
  ['a wrong omit', ['--omit', 'test'], { 'package-lock.json': ONE_LOCK }, /--omit takes dev, optional, peer, not test/],
  [
    'an option without value',
    ['--enforce'],
    { 'package-lock.json': ONE_LOCK },
    /: --enforce needs a value: --enforce=PHASE\n$/,
  ],
  ['an option for a value', ['--policy', '--json'], {}, /: --policy needs a value: --policy=FILE\n$/],
  ['a number below none', ['cache', '--prune', '-1'], {}, /: --prune needs a value: --prune=MB\n$/],
  ['a value for a flag', ['--json=3'], {}, /: --json takes no value\n$/],
  ['an empty value', ['--registry', ''], { 'package-lock.json': ONE_LOCK }, /--registry needs a value/],
  [
    'a registry that is no URL',
    ['--registry', 'npm'],
    { 'package-lock.json': ONE_LOCK },
    /--registry needs an http or https URL/,
  ],
  [
    'a missing trusted root',
    ['--trusted-root', 'r.json'],
    { 'package-lock.json': ONE_LOCK },
    /trusted root r\.json: no such file/,
  ],
  [
    'a trusted root that is none',
    ['--trusted-root', 'r.json'],
    { 'package-lock.json': ONE_LOCK, 'r.json': '{}' },
    /trusted root r\.json cannot be used/,
  ],
  [
    'keys that are none',
    ['--registry-keys', 'k.json'],
    { 'package-lock.json': ONE_LOCK, 'k.json': '[]' },
    /registry keys k\.json cannot be used/,
  ],
  ['another manager’s lockfile', ['deno.lock'], { 'deno.lock': '{}' }, /Deno.*not supported/i],
  ['update of two places', ['update', 'a', 'b'], {}, /update takes one directory or lockfile/],
  [
    'an assay.lock in conflict',
    [],
    { 'package-lock.json': ONE_LOCK, 'assay.lock': '<<<<<<< HEAD\n' },
    /assay\.lock:1: an unresolved merge conflict; take one side whole/,
  ],
  [
    'a pack over the lockfile',
    ['pack', '--output', 'package-lock.json'],
    { 'package-lock.json': ONE_LOCK },
    /cannot write package-lock\.json: package-lock\.json is a file of a project, and would be lost/,
  ],
  [
    'a pack over the one that it is based on, by another path',
    ['pack', '--output', './x/../base.tar', '--since', 'base.tar'],
    { 'package-lock.json': ONE_LOCK, 'base.tar': 'x' },
    /cannot write \.\/x\/\.\.\/base\.tar: it is what --since names, and would be lost: name another file/,
  ],
  [
    'a report over a lockfile that an argument names',
    ['dev.txt', '--output', 'json=dev.txt'],
    { 'dev.txt': 'p==1\n' },
    /cannot write dev\.txt: it is what an argument names, and would be lost/,
  ],
  [
    'a report over the policy in use',
    ['--policy', 'p.yml', '--vsa', 'p.yml'],
    { 'package-lock.json': ONE_LOCK, 'p.yml': 'enforce: all\n' },
    /cannot write p\.yml: it is what --policy names, and would be lost/,
  ],
  ['a pack to nowhere', ['pack', '--output', ''], { 'package-lock.json': ONE_LOCK }, /--output needs a value/],
  ...(
    [
      [['--repository-id', 'acme/lib'], /takes the number that https:\/\/token\S+ gives a repository, not acme\/lib/],
      [['--repository-id', '042'], /takes the number that .* gives a repository, not 042/],
      [['--repository-id', '1', '--certificate-oidc-issuer', 'foo'], /takes the URL of an issuer, such as .*, not foo/],
      [
        ['--repository-id', '1', '--certificate-oidc-issuer', 'https://token.actions.githubusercontent.com/'],
        /no certificate has the issuer .*\/; did you mean https:\/\/token\.actions\.githubusercontent\.com\?/,
      ],
      [['p', '--certificate-oidc-issuer', 'https://i.example'], /--certificate-oidc-issuer goes with --repository-id/],
      [['--repository-id', '1', '--from', '-1'], /--from/],
      [['--repository-id', '1', '--interval', '5m'], /--interval takes seconds, not 5m/],
      [['--repository-id', '1', '--state', 'f'], /cannot keep checkpoints in .*f: it is no folder: .* --state DIR/],
      [['--repository-id', '1', '--state', 'f/g'], /cannot keep checkpoints in .*f\/g: .*\/f is no folder/],
    ] as const
  ).map(
    ([args, line]) =>
      [
        `a watch that could find nothing: ${args.join(' ')}`,
        ['log', 'watch', '--once', ...args],
        { f: '' },
        line,
      ] as const,
  ),
  ['an import of what cannot be', ['trust', 'import', 'f/x'], { f: '' }, /no such file or directory: f\/x/],
  [
    'a repository that cannot be',
    ['trust', '--tuf', 'f/x', '--tuf-root', 'r'],
    { f: '' },
    /no TUF repository: f\/x is/,
  ],
  [
    'a key that cannot be',
    ['verify-bundle', '--bundle', 'b', '--key', 'f/k', 'x'],
    { f: '' },
    /the key f\/k: no such file/,
  ],
  ['a folder in place of a bundle', ['log', 'verify', './'], {}, /^assay: \.\/ is a folder: name a file in it$/m],
  ['check without a package', ['check'], {}, /check needs a package/],
  ['an unknown code', ['explain', 'provenance-list'], {}, /no finding provenance-list; did you mean provenance-lost\?/],
  [
    'verify-bundle without a bundle',
    ['verify-bundle', 'x'],
    {},
    /needs a bundle, .* such as: assay verify-bundle --bundle/,
  ],
  ['verify-bundle without an identity', ['verify-bundle', '--bundle', 'b', 'x'], {}, /say who must have signed/],
];

it('runs its own code, not what stands beside a link to it, where Node is told to preserve links', async () => {
  await inFolder((folder) => {
    symlinkSync(CLI, join(folder, 'assay'));
    writeFileSync(join(folder, 'main.js'), 'process.stdout.write("planted");');
    const flags = ['--preserve-symlinks', '--preserve-symlinks-main'];
    const { status, stdout } = spawnSync(process.execPath, [...flags, join(folder, 'assay'), 'help'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^assay \d/)]);
  });
});

describe('wrong usage gets one line on stderr and exit status 2', () => {
  it.each(WRONG)('%s', async (_, args, files, line) => {
    await inFolder(async (folder) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const run = await assay(args, folder);
      expect(run.stderr).toMatch(line);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(run).toMatchObject({ status: 2, stdout: '' });
    });
  });

  it('a directory in the lockfile’s place', async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, 'package-lock.json'));
      const run = await assay([], folder);
      expect(run.status).toBe(2);
      expect(run.stderr).toMatch(/package-lock\.json/);
    });
  });
});

describe('what needs no project', () => {
  it('help of an action of log has its own usage and options, and is that of --help', async () => {
    await inFolder(async (folder) => {
      const page = await assay(['help', 'log', 'show'], folder);
      expect(page).toMatchObject({ status: 0, stderr: '' });
      expect(page.stdout).toMatch(/^assay log show UUID\|INDEX\n/);
      expect(page.stdout).not.toContain('--webhook');
      expect(await assay(['log', 'show', '--help'], folder)).toEqual(page);
      const watch = (await assay(['help', 'log', 'watch'], folder)).stdout;
      for (const option of ['--webhook URL', '--interval SECONDS']) expect(watch).toContain(option);
      expect((await assay(['help', 'log'], folder)).stdout).toMatch(/^assay log search WHAT \|/);
    });
  });

  it('--version and --help answer on stdout with status 0', async () => {
    await inFolder(async (folder) => {
      expect(await assay(['--version'], folder)).toMatchObject({ status: 0, stderr: '' });
      const help = await assay(['--help'], folder);
      expect(help).toMatchObject({ status: 0, stderr: '' });
      const pages = [help.stdout];
      for (const command of COMMAND_NAMES) {
        expect(help.stdout).toContain(`assay ${command}`);
        const page = await assay([command, '--help'], folder);
        expect(page).toMatchObject({ status: 0, stderr: '' });
        expect(page.stdout).toContain(`assay ${command}`);
        expect(page.stdout, command).toMatch(/\n\nExit status:\n {2}0 {2}.*\n(?: .*\n)* {2}2 {2}/);
        expect(await assay(['help', command], folder)).toEqual(page);
        pages.push(page.stdout);
      }
      expect(pages.flatMap((page) => page.split('\n')).filter((line) => line.length > 100)).toEqual([]);
    });
  });

  it('explain lists every code and shows a page', async () => {
    await inFolder(async (folder) => {
      const list = await assay(['explain'], folder);
      expect(list.stdout).toContain('provenance-lost-elsewhere');
      const page = await assay(['explain', 'provenance-lost'], folder);
      expect(page).toMatchObject({ status: 0, stderr: '' });
      expect(page.stdout).toMatch(/what to do/i);
    });
  });
});

describe('what is no file is never read for one', () => {
  it.each<[string, string]>([
    ['assay.yml', ''],
    ['keys.json', 'registries:\n  private:\n    - url: https://r.test/\n      keys: keys.json\n'],
    ['root.json', 'trust:\n  root: root.json\n'],
  ])('a device in place of %s', async (name, policy) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), ONE_LOCK);
      if (policy !== '') writeFileSync(join(folder, 'assay.yml'), policy);
      symlinkSync('/dev/zero', join(folder, name));
      const { status, stderr } = await assay([], folder);
      expect([status, stderr]).toEqual([2, expect.stringMatching(new RegExp(`^assay: .*${name} is not a file\n$`))]);
    });
  });

  it('in a folder of a project, the lockfile that its package manager uses is named', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package.json'), '{}');
      writeFileSync(join(folder, 'package-lock.json'), ONE_LOCK);
      mkdirSync(join(folder, 'src/deep'), { recursive: true });
      const { status, stderr } = await assay([], join(folder, 'src/deep'));
      expect([status, stderr]).toEqual([
        2,
        expect.stringContaining('that of the project is ../../package-lock.json: assay ../..\n'),
      ]);
      // A project of its own has its own lockfile, or none.
      writeFileSync(join(folder, 'src/package.json'), '{}');
      const own = await assay([], join(folder, 'src'));
      expect(own.stderr).not.toContain('../package-lock.json');
      expect(own.stderr).toContain('npm install --package-lock-only');
    });
  });

  it('a lockfile that is cut says in words what is missing', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), '{\n  ');
      expect((await assay([], folder)).stderr).toContain(
        'package-lock.json:2: not valid JSON: a double quote expected before the end of the file;',
      );
    });
  });

  it.each([
    ['a folder', 'is a folder, and not a file', (path: string) => mkdirSync(path)],
    ['a device', 'is not a file', (path: string) => symlinkSync('/dev/zero', path)],
    ['a link that leads nowhere', 'is a link that leads nowhere', (path: string) => symlinkSync('gone.json', path)],
    ['a link to itself', 'is a link that leads back to itself', (path: string) => symlinkSync(basename(path), path)],
  ])('%s in place of the lockfile or of package.json', async (kind, problem, make) => {
    await inFolder(async (folder) => {
      make(join(folder, 'package-lock.json'));
      expect(await assay([], folder)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(new RegExp(`^assay: .*package-lock\\.json ${problem}\n$`)) as string,
      });
      if (kind.includes('link'))
        expect((await assay(['audit', 'package-lock.json'], folder)).stderr).toContain(problem);
    });
    // A package.json that is not there is none.
    if (kind.includes('link')) return;
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'package-lock.json'), ONE_LOCK);
      make(join(folder, 'package.json'));
      expect(await assay([], folder)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(
          /^assay: .*package\.json(?: is a folder, and not a file| is not a file)\n$/,
        ) as string,
      });
    });
  });
});

describe('output that cannot be written', () => {
  it.skipIf(!existsSync('/dev/full'))('is one line and never a verdict', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [CLI, '--help'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    expect({ status, stderr: stderr.toString() }).toEqual({
      status: 2,
      stderr:
        'assay: cannot write standard output: no space is left on the disk (ENOSPC): make room, or name another place\n',
    });
  });
});
