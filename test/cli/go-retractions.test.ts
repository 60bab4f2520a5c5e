import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoLab } from '../../lab/go/index.ts';
import { withGoProject } from './go-project.ts';
import { assayInside } from './inside.ts';
import { configOf, inFolder } from './run.ts';

const ONE = 'a.example/one';

/** Publishes a version of the first module whose go.mod has these lines. */
function publish(lab: GoLab, version: string, lines: string, logged = true): void {
  lab.publish(ONE, version, { files: { 'go.mod': `module ${ONE}\n\n${lines}\n` }, logged });
}

const asked = (lab: GoLab): readonly string[] =>
  lab.requests.map(({ url }) => url).filter((url) => /^\/[ab]\.example/.test(url));

describe('versions that their module retracts', () => {
  it.each([
    ['alone', 'retract v1.0.0 // breaks on Sundays', ': "breaks on Sundays"'],
    ['in a range, for a reason above', '// Lost: files.\nretract [v0.9.0, v1.0.1]', ': "Lost: files."'],
    ['in a block', '// Do not use.\nretract (\n\tv1.0.0\n)', ': "Do not use."'],
    ['without a reason', 'retract v1.0.0', ' next'],
    ['by a version that retracts itself, too', 'retract [v1.0.0, v1.1.0] // all of it', ': "all of it"'],
    ['twice, and for one reason', 'retract v1.0.0\nretract [v1.0.0, v1.0.5] // second', ': "second"'],
    ['in odd words', 'retract v1.0.0 // \u001b[31m red \u202e back', String.raw`: "\u{1b}[31m red \u{202e} back"`],
  ])('are a note: %s', (_, lines, says) =>
    withGoProject(async ({ lab, audit, run }) => {
      publish(lab, 'v1.1.0', lines);
      expect(await audit('--enforce', 'all')).toEqual({ status: 0, found: [`${ONE} version-yanked note`] });
      const { stdout } = await run('audit', '--no-cache');
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`is retracted by v1.1.0${says}`);
    }),
  );

  it.each([
    ['other versions', 'v1.1.0', 'retract v1.0.1\nretract [v1.0.2, v1.5.0]\nretract [v0.1.0, v1.0.0-rc.1]'],
    ['in a version that is not the highest', 'v0.9.0', 'retract v1.0.0'],
    ['in a prerelease, beside releases', 'v1.1.0-rc.1', 'retract v1.0.0'],
    ['what Go cannot read', 'v1.1.0', 'retract latest\nretract [v1.0.0]\nretract'],
  ])('are no others: %s', (_, version, lines) =>
    withGoProject(async ({ lab, audit }) => {
      publish(lab, version, lines);
      expect(await audit()).toEqual({ status: 0, found: [] });
    }),
  );

  it('are known of a module without releases by what stands for its newest version', () =>
    withGoProject(async ({ lab, audit, edit }) => {
      const [old, newest] = ['v0.0.0-20260101000000-0123456789ab', 'v0.0.0-20260201000000-0123456789ab'];
      const sum = lab.publish('c.example/c', old);
      const mod = 'module c.example/c\n\nretract v0.0.0-20260101000000-0123456789ab // too soon\n';
      lab.publish('c.example/c', newest, { files: { 'go.mod': mod } });
      lab.answerWith('c.example/c/@v/list', '');
      lab.answerWith('c.example/c/@latest', JSON.stringify({ Version: newest }));
      edit('go.sum', (text) => text + sum);
      expect(await audit()).toEqual({ status: 0, found: ['c.example/c version-yanked note'] });
    }));

  it('are believed only as the database has the go.mod that says so', () =>
    withGoProject(async ({ lab, audit, run }) => {
      publish(lab, 'v1.1.0', '');
      lab.rewrite(ONE, 'v1.1.0', { 'go.mod': `module ${ONE}\n\nretract v1.0.0 // says a proxy\n` });
      expect(await audit()).toEqual({ status: 0, found: [`${ONE} evidence-malformed warning`] });
      expect((await run('audit')).stdout).not.toContain('says a proxy');
      publish(lab, 'v1.2.0', 'retract v1.0.0 // says a proxy', false);
      expect(await audit('--no-cache')).toEqual({ status: 0, found: [`${ONE} evidence-unavailable note`] });
      expect((await run('audit', '--no-cache')).stdout).not.toContain('says a proxy');
    }));

  it.each([
    ['the list', '@v/list', { status: 403 }],
    ['the go.mod', '@v/v1.1.0.mod', { status: 403 }],
  ] as const)('are unknown without an answer: %s; no statement but this one is missing', (_, path, behaviour) =>
    withGoProject(async ({ lab, audit, run }) => {
      publish(lab, 'v1.1.0', 'retract v1.0.0');
      lab.behave(new RegExp(`${ONE}/${path}`), behaviour);
      expect(await audit()).toEqual({ status: 0, found: [`${ONE} evidence-unavailable note`] });
      expect((await run('audit')).stdout.replaceAll(/\s+/g, ' ')).toContain('may be retracted');
      lab.behaveWell();
      expect(await audit()).toEqual({ status: 0, found: [`${ONE} version-yanked note`] });
    }),
  );

  it('are unknown where the go.mod cannot be read, or is too long', () =>
    withGoProject(async ({ lab, audit }) => {
      publish(lab, 'v1.1.0', 'retract (');
      expect(await audit()).toEqual({ status: 0, found: [`${ONE} evidence-malformed note`] });
      publish(lab, 'v1.2.0', `// ${'x'.repeat(1024 * 1024)}`);
      expect((await audit('--no-cache')).found).toHaveLength(1);
    }));

  it('are asked about once in an hour, and never of what is private or of what the baseline holds', () =>
    withGoProject(async ({ lab, folder, runWith }) => {
      const env = { ASSAY_CACHE: join(folder, 'kept'), XDG_CONFIG_HOME: configOf(folder) };
      const found = async (): Promise<string> => (await runWith(env, 'audit')).stdout;
      publish(lab, 'v1.1.0', 'retract v1.0.0');
      await runWith({ GOPRIVATE: 'a.example' }, 'audit', '--no-cache');
      expect(asked(lab).filter((url) => url.includes('a.example'))).toEqual([]);
      expect(await found()).toContain('version-yanked');
      const first = asked(lab).length;
      expect(first).toBeGreaterThan(0);
      expect(await found()).toContain('version-yanked');
      expect(asked(lab)).toHaveLength(first);
      expect((await runWith(env, 'init')).status).toBe(0);
      const all = lab.requests.length;
      expect(await found()).toContain('3 pass');
      expect(lab.requests).toHaveLength(all);
    }));

  it('are not asked about where only a go.mod is locked, of which nothing is built', () =>
    withGoProject(async ({ lab, audit, edit }) => {
      publish(lab, 'v1.1.0', 'retract v1.0.0');
      edit('go.sum', (text) => text.replace(/^a\.example\/one v1\.0\.0 h1:.*\n/m, ''));
      edit('go.mod', (text) => text.replace(/^require a\.example\/one.*\n/m, ''));
      expect(await audit()).toEqual({ status: 0, found: [] });
      expect(asked(lab).filter((url) => url.includes(ONE))).toEqual([]);
    }));
});

const GO = spawnSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' });
const PROXY = GO.status === 0 ? GO.stdout.trim() : '';

describe.skipIf(!/^https?:/.test(PROXY))('a real module on a real module proxy (skipped where none is named)', () => {
  it(
    'is retracted for the reason that its owners gave',
    (context) =>
      inFolder(async (folder) => {
        const [first = ''] = PROXY.split(/[,|]/);
        const module = 'github.com/golang-jwt/jwt/v4';
        const record = await fetch(`${first}/sumdb/sum.golang.org/lookup/${module}@v4.4.0`, {
          signal: AbortSignal.timeout(20_000),
        }).then(
          (answer) => (answer.ok ? answer.text() : null),
          () => null,
        );
        if (record === null) context.skip('the module proxy is not reached');
        const lines = (record ?? '').split('\n').filter((line) => line.startsWith(module));
        writeFileSync(join(folder, 'go.sum'), `${lines.join('\n')}\n`);
        writeFileSync(join(folder, 'go.mod'), `module m.example\n\ngo 1.21\n\nrequire ${module} v4.4.0\n`);
        mkdirSync(join(folder, '.git'));
        const env = { GOPROXY: PROXY, HTTPS_PROXY: process.env['HTTPS_PROXY'] ?? '' };
        const { status, stdout } = await assayInside(['audit', '--json'], folder, env);
        expect(status).toBe(0);
        const reason = 'Contains a backwards incompatible change to the Claims interface.';
        const { findings } = JSON.parse(stdout) as { readonly findings: readonly unknown[] };
        expect(findings).toMatchObject([{ code: 'version-yanked', level: 'note', args: { reason } }]);
      }),
    60_000,
  );
});
