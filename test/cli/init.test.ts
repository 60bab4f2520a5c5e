import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Lab } from '../../lab/index.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { withProject, type LabProject } from './lab-project.ts';

const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
const NOBODY = token({ user: 'a' });

async function start({ lab, lock }: LabProject): Promise<void> {
  await publish(lab, 'net', { 'lib/a.js': "require('http')\nprocess.env.A" }, TEAM);
  await publish(lab, 'pure', { 'index.js': '1' }, TEAM);
  await publish(lab, 'tool', { 'index.js': "require('child_process')" }, NOBODY);
  await lock({ net: '1.0.0', pure: '1.0.0' }, { dev: { tool: '1.0.0' } });
}

async function publish(
  lab: Lab,
  name: string,
  files: Record<string, string>,
  by: typeof TEAM | typeof NOBODY,
): Promise<void> {
  await lab.publish({ name, version: '1.0.0', by, files });
  lab.clock.advance(86_400_000);
}

/** The comments that say something in YAML, made part of the file. */
function withExamples(text: string): string {
  return text.replace(
    /^( *)# (?=expect:|owners:|- capability| {2}net:$| {4}(?:repository|workflow|provenance): | {2}- packages| {4}owner: )/gm,
    '$1',
  );
}

describe('who built it', () => {
  const FORK = ciWorkflow({ repository: 'attacker/p', repositoryId: '900', ownerId: '901' });
  const EVIL = ciWorkflow({ repository: 'evil/kit', user: 'thief' });
  const DAY = 86_400_000;

  it('a fork, and the first provenance of a stranger, are written down by neither init nor update', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      const files = { 'index.js': "require('http')" };
      const manifest = { repository: { type: 'git', url: 'git+https://github.com/team/p.git' } };
      const release = async (
        name: string,
        version: string,
        after: number,
        by: typeof TEAM | typeof NOBODY,
      ): Promise<void> => {
        lab.clock.advance(after);
        await lab.publish({ name, version, by, files, ...(by === NOBODY && { manifest }) });
      };
      for (const [version, after, by] of [
        ['1.0.0', 0, TEAM],
        ['1.1.0', 40 * DAY, TEAM],
        ['1.1.1', 90 * DAY, FORK],
        ['1.1.2', 60_000, FORK],
        ['1.1.3', 90 * DAY, FORK],
      ] as const) {
        await release('p', version, after, by);
      }
      await release('kit', '1.2.0', 0, NOBODY);
      await release('kit', '1.2.1', 60 * DAY, EVIL);
      await release('kit', '1.2.2', 60_000, EVIL);
      for (const version of ['1.1.2', '1.1.3']) {
        await lock({ p: version, kit: '1.2.2' });
        for (const command of version === '1.1.2' ? ['init', 'update'] : ['update']) {
          await run(command);
          const written = read('assay.yml') + read('assay.lock');
          for (const stranger of ['attacker/p', 'evil/kit']) expect(written, command).not.toContain(stranger);
          expect(read('assay.lock')).not.toMatch(/^npm:(?:p|kit)@\S+ artifact/m);
        }
      }
    });
  });
});

describe('init', () => {
  it('writes both files, which the next audit reads without a complaint', async () => {
    await withProject(async (project) => {
      await start(project);
      const { status, stdout, stderr } = await project.run('init');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^assay\.yml: phase guard; critical set: 3 direct dependencies, and those to come\n/);
      expect(stdout).toContain('net: network (lib/a.js:1), environment (lib/a.js:2)');
      expect(stdout).toContain('tool (development): process (index.js:1)');
      expect(stdout).toMatch(/today,\s+1\s+more\s+direct\s+dependency\s+would\s+fail\s+in\s+that\s+phase:\s+tool/);

      const text = project.read('assay.yml');
      const policy = parsePolicy('assay.yml', Buffer.from(text));
      expect(policy).toMatchObject({ enforce: 'guard', mirrors: [{ url: project.lab.url }] });
      expect(policy.critical).toEqual({ direct: true, packages: [], capabilities: [] });
      expect(text).toContain('  # net: network (lib/a.js:1), environment (lib/a.js:2)\n');
      expect(text).toContain('  # tool (development): process (index.js:1)\n');
      expect(text).toMatch(/# {3}net:\n# {5}repository: https:\/\/github\.com\/team\/p\n/);

      const audit = await project.run();
      expect(audit).toMatchObject({ status: 0, stderr: '' });
      expect(audit.stdout).toContain('policy: assay.yml\n');
      expect(audit.stdout).toContain('3 held and not asked again');
      const lock = project.read('assay.lock');
      expect(lock).not.toContain('capability');
      expect(await project.run('update')).toMatchObject({ status: 0 });
      expect(project.read('assay.lock')).toBe(lock);
    });
  });

  it('the critical set it writes has what is added tomorrow', async () => {
    await withProject(async (project) => {
      await start(project);
      await project.run('init');
      await publish(project.lab, 'tomorrow', { 'index.js': '1' }, NOBODY);
      await project.lock({ net: '1.0.0', pure: '1.0.0', tomorrow: '1.0.0' }, { dev: { tool: '1.0.0' } });
      const { status, stdout } = await project.run('--enforce', 'critical');
      expect(status).toBe(1);
      expect(stdout).toMatch(/error\[provenance-missing\][^]*tomorrow@1\.0\.0/);
      expect((await project.run()).status).toBe(0);
    });
  });

  it('a release that fails in guard today is named', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      await publish(lab, 'lost', {}, TEAM);
      await lab.publish({ name: 'lost', version: '1.0.1', by: NOBODY });
      await lock({ lost: '1.0.1' });
      const { stdout } = await run('init');
      expect(stdout.replace(/\s+/g, ' ')).toContain('1 package fails today: lost; assay says how to decide.');
      expect(read('assay.yml')).toMatch(/^enforce: guard$/m);
      expect((await run()).status).toBe(1);
    });
  });

  it('names the direct dependencies that would fail in critical', async () => {
    await withProject(async ({ lab, lock, run }) => {
      for (const name of ['bare', 'bare-too']) await publish(lab, name, {}, NOBODY);
      await publish(lab, 'good', {}, TEAM);
      await lock({ good: '1.0.0', bare: '1.0.0' }, { dev: { 'bare-too': '1.0.0' } });
      const { stdout } = await run('init');
      expect(stdout.replace(/\s+/g, ' ')).toContain(
        'today, 2 more direct dependencies would fail in that phase: bare, bare-too. Then all.',
      );
      const { status } = await run('--enforce', 'critical');
      expect(status).toBe(1);
    });
  });

  it('the baseline is the one that update writes', async () => {
    await withProject(async (project) => {
      await start(project);
      await project.run('init');
      const lock = project.read('assay.lock');
      rmSync(join(project.folder, 'assay.lock'));
      await project.run('update');
      expect(project.read('assay.lock')).toBe(lock);
    });
  });

  it('takes in what passes, names what does not, and fails for a contradiction', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      await publish(lab, 'good', {}, TEAM);
      await lab.publish({ name: 'bad', version: '1.0.0', by: TEAM, signatures: ['invalid'] });
      await lock({ good: '1.0.0', bad: '1.0.0' });
      const { status, stdout } = await run('init');
      expect(status).toBe(1);
      expect(stdout).toMatch(/left out, 1 dependency with signature-invalid: bad@1\.0\.0/);
      expect(read('assay.lock')).toMatch(/^npm:good@1\.0\.0 artifact/m);
      expect(read('assay.lock')).not.toContain('bad@');
    });
  });

  it('writes nothing where nothing answers', async () => {
    await withProject(async (project) => {
      await start(project);
      const { status, stdout, stderr } = await project.run('init', '--registry', 'http://127.0.0.1:9/');
      expect(status).toBe(3);
      expect(stdout).toMatch(/no statement/);
      expect(stderr).toBe(
        'assay: nothing is written, as nothing could be verified: fix that, then run assay init again\n',
      );
      expect(existsSync(join(project.folder, 'assay.yml'))).toBe(false);
      expect(existsSync(join(project.folder, 'assay.lock'))).toBe(false);
    });
  });

  it('what did not answer is left out, and a package that cannot be read is proposed with the reason', async () => {
    await withProject(async (project) => {
      await start(project);
      project.lab.behave(/attestations\/pure@1\.0\.0$/, { status: 403 });
      project.lab.behave(/pure-1\.0\.0\.tgz$/, { status: 404 });
      expect(await project.run('init')).toMatchObject({ status: 3 });
      expect(project.read('assay.lock')).not.toContain('pure@');
      expect(project.read('assay.yml')).toContain(
        '  # pure: what it reaches is unknown: the registry does not have its tarball\n',
      );
    });
  });

  it.each([
    [
      'assay.yml',
      'assay: assay.yml is there already and stays as it is; assay update brings assay.lock up to the lockfile\n',
    ],
    ['assay.lock', /^assay: assay\.lock:1: [^\n]*\n$/],
  ] as const)('%s that somebody wrote stays as it is', async (file, line) => {
    await withProject(async (project) => {
      await start(project);
      writeFileSync(join(project.folder, file), 'mine');
      const { status, stdout, stderr } = await project.run('init');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(line);
      expect(project.read(file)).toBe('mine');
      expect(existsSync(join(project.folder, file === 'assay.yml' ? 'assay.lock' : 'assay.yml'))).toBe(false);
    });
  });

  it('what was accepted before there was a policy is kept, and no more said to fail', async () => {
    await withProject(async (project) => {
      await start(project);
      await project.run('accept', 'tool', '--code', 'provenance-missing', '--reason', 'read', '--by', 'jane');
      const accepted = project.read('assay.lock').split('\n').slice(1);
      const { status, stdout, stderr } = await project.run('init');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('no other direct dependency would fail in that phase');
      expect(project.read('assay.yml')).toContain('enforce: guard');
      expect(project.read('assay.lock').split('\n')).toEqual(expect.arrayContaining(accepted));
      expect(project.read('assay.lock')).toMatch(/^npm:net@1\.0\.0 artifact/m);
      expect((await project.run('--enforce', 'critical')).status).toBe(0);
    });
  });

  it('the clock of review starts with it for what it leaves out', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      await publish(lab, 'kit', {}, TEAM);
      await lab.publish({ name: 'kit', version: '1.0.1', by: NOBODY });
      await lock({ kit: '1.0.1' });
      await run('init');
      expect(read('assay.lock')).toMatch(/^npm:kit@1\.0\.1 seen \d{4}-/m);
    });
  });

  it('a policy above that holds here is not hidden by another', async () => {
    await withProject(async (project) => {
      const { folder, lab, run } = project;
      await publish(lab, 'pure', {}, TEAM);
      mkdirSync(join(folder, '.git'));
      writeFileSync(join(folder, 'assay.yml'), 'enforce: all\n');
      await lab.writeProject(join(folder, 'packages/a'), { pure: '1.0.0' });
      const { status, stderr } = await run('init', 'packages/a');
      expect(status).toBe(2);
      expect(stderr).toBe('assay: assay.yml holds here already; assay update writes packages/a/assay.lock\n');
    });
  });

  it('without a lockfile there is nothing to begin with', async () => {
    await withProject(async ({ run, folder }) => {
      const { status, stderr } = await run('init');
      expect(status).toBe(2);
      expect(stderr).toMatch(/no lockfile in/);
      expect(existsSync(join(folder, 'assay.yml'))).toBe(false);
    });
  });

  it('registries of .npmrc are written without credentials, and scopes that are locked are exempt', async () => {
    await withProject(async (project) => {
      const { lab, folder, lock, run, read, edit } = project;
      await publish(lab, 'pure', {}, TEAM);
      await publish(lab, '@corp/a', { 'index.js': 'fetch(1)' }, NOBODY);
      await lock({ pure: '1.0.0', '@corp/a': '1.0.0' });
      const host = new URL(lab.url).host;
      edit(
        '.npmrc',
        (text) =>
          `${text}@corp:registry=http://user:secret@${host}/\n@other:registry=https://o.example/npm\n//${host}/:_authToken=hidden\n`,
      );
      edit('.npmrc', (text) => text.replace(/^registry=.*$/m, 'registry=http://localhost:1/'));
      expect(await run('init', '--registry', lab.url)).toMatchObject({ status: 0 });
      const text = read('assay.yml');
      expect(text).not.toMatch(/secret|hidden|user/);
      expect(parsePolicy('assay.yml', readFileSync(join(folder, 'assay.yml')))).toMatchObject({
        mirrors: [{ url: 'http://localhost:1/', of: 'https://registry.npmjs.org/' }],
        privateRegistries: [{ url: `http://${host}/` }, { url: 'https://o.example/npm/' }],
        exempt: [{ text: '@corp/*' }],
      });
      expect(text).toContain('  # @corp/a: network (index.js:1)\n');
    });
  });

  it.each([
    ['* @org/all\n/package-lock.json @org/platform # us\n', '@org/platform'],
    ['package-lock.json @a @b\n', '@a'],
    ['# nobody\n*.json team@example.com\n', 'team@example.com'],
    ['/src/ @a\n/package.json @b\n', '@b'],
    ['* @a\npackage-lock.json\npackage.json\n', null],
    ['* `rm`\n', null],
    ['* @a\n**/package-lock.json @b\n/**/package?json @c\n', '@b'],
  ])('the owner of the lockfile by CODEOWNERS: %j', async (owners, owner) => {
    await withProject(async (project) => {
      await start(project);
      mkdirSync(join(project.folder, '.git'));
      mkdirSync(join(project.folder, '.github'));
      writeFileSync(join(project.folder, '.github/CODEOWNERS'), owners);
      await project.run('init');
      const text = project.read('assay.yml');
      const review = parsePolicy('assay.yml', Buffer.from(text)).review;
      expect(review?.deadlineHours).toBe(48);
      expect(review?.owners.map((rule) => rule.owner)).toEqual(owner === null ? [] : [owner]);
      if (owner === null) expect(text).toContain('  #     owner: "@your-team"\n');
    });
  });

  it('its examples can be used as they are', async () => {
    await withProject(async (project) => {
      await start(project);
      await project.run('init');
      const text = withExamples(project.read('assay.yml')).replace('  - direct\n', '');
      const policy = parsePolicy('assay.yml', Buffer.from(text));
      expect(policy.critical?.capabilities).toHaveLength(4);
      expect(policy.review?.owners).toMatchObject([{ owner: '@your-team' }]);
      expect(policy.expect).toMatchObject([{ packages: { text: 'net' }, provenance: { demand: 'required' } }]);
    });
  });
});

describe('behind a registry that leaves out', () => {
  it('signatures: nothing is written, no clock starts, and the one cause is named', async () => {
    await withProject(async (project) => {
      await start(project);
      const mirror = await project.lab.mirror({ stripSignatures: true });
      const { status, stdout, stderr } = await project.run('init', '--registry', mirror.url);
      expect(status).toBe(3);
      expect(stderr).toContain(`${mirror.url} serves no signatures of any package here`);
      expect(stderr).toContain('nothing is written');
      expect(stdout).toContain('each comes from');
      // Whoever reads that nothing fails reads on no further.
      expect(stdout).not.toMatch(/holds|Exit status/);
      for (const file of ['assay.yml', 'assay.lock']) expect(existsSync(join(project.folder, file))).toBe(false);
      // The registry itself has them.
      expect(await project.run('init')).toMatchObject({ status: 0, stderr: '' });
      expect(project.read('assay.lock')).not.toContain(' seen ');
    });
  });

  it('signatures, and another registry has its own: both write what is proven, and end like each other', async () => {
    await withProject(async (project) => {
      const { lab, lock, run, read, edit, folder } = project;
      await start(project);
      await publish(lab, '@s/own', { 'index.js': '1' }, TEAM);
      await lock({ net: '1.0.0', pure: '1.0.0', '@s/own': '1.0.0' });
      const mirror = await lab.mirror({ stripSignatures: true });
      edit('.npmrc', (text) => `${text}\n@s:registry=${lab.url}\n`.replace(/^registry=.*$/m, `registry=${mirror.url}`));
      for (const command of ['init', 'update']) {
        const { status, stderr } = await run(command);
        expect({ command, status }).toEqual({ command, status: 3 });
        expect(stderr).toContain(`${mirror.url} serves no signatures of any package here`);
        expect(read('assay.lock')).toMatch(/^npm:@s\/own@1\.0\.0 artifact/m);
        expect(read('assay.lock')).not.toContain('net@');
      }
      rmSync(join(folder, 'assay.lock'));
      expect((await run('update')).status).toBe(3);
      edit('assay.yml', (text) => `${text}\nfindings: [{code: evidence-stripped, level: note, reason: ours}]\n`);
      expect((await run('update')).status).toBe(0);
    });
  });

  it('signatures: update begins no file either, and says the one cause and what to do', async () => {
    await withProject(async (project) => {
      await start(project);
      const mirror = await project.lab.mirror({ stripSignatures: true });
      const { status, stdout, stderr } = await project.run('update', '--registry', mirror.url);
      expect(status).toBe(3);
      const [cause, fate, ...more] = stderr.trimEnd().split('\n');
      expect(cause).toMatch(/serves no signatures of any package here: .*--registry URL.*; nothing of what/);
      expect(cause).toContain(mirror.url);
      expect(fate).toContain('assay.lock is not written, as nothing could be verified');
      expect(more).toEqual([]);
      expect(stdout).not.toContain('assay accept');
      expect(existsSync(join(project.folder, 'assay.lock'))).toBe(false);
    });
  });

  it('signatures, and the policy lets that pass: update has nothing to record and nothing to mend', async () => {
    await withProject(async (project) => {
      await start(project);
      const { url } = await project.lab.mirror({ stripSignatures: true });
      const findings = '{code: evidence-stripped, level: note, reason: our mirror drops them}';
      writeFileSync(join(project.folder, 'assay.yml'), `findings: [${findings}]\n`);
      expect((await project.run('--registry', url)).status).toBe(0);
      const { status, stderr } = await project.run('update', '--registry', url);
      expect(status).toBe(0);
      expect(stderr).toContain('assay.lock is not written: it records what was proven, which is nothing here');
      expect(stderr).toContain('assay.yml lowers evidence-stripped');
      expect(stderr).not.toContain('fix that');
      expect(existsSync(join(project.folder, 'assay.lock'))).toBe(false);
      // Another registry that has nothing to say is still no statement.
      expect((await project.run('update', '--registry', 'http://127.0.0.1:9/')).status).toBe(3);
    });
  });

  it('signatures, and one was accepted before: init and update say of the others what they said', async () => {
    await withProject(async (project) => {
      await start(project);
      const { url } = await project.lab.mirror({ stripSignatures: true });
      const reason = ['--reason', 'looked at', '--by', 'me'];
      expect((await project.run('accept', 'net@1.0.0', ...reason, '--registry', url)).status).toBe(0);
      const accepted = project.read('assay.lock');
      const init = await project.run('init', '--registry', url);
      expect(init.status).toBe(3);
      expect(init.stderr).toContain(`${url} serves no signatures of any package here`);
      expect(existsSync(join(project.folder, 'assay.yml'))).toBe(false);
      const update = await project.run('update', '--registry', url);
      expect(update.stderr).toContain(`${url} serves no signatures of any package here`);
      expect(update.stdout).not.toContain('assay accept');
      expect(project.read('assay.lock')).toBe(accepted);
    });
  });

  it.each(['signatures', 'attestations'])(
    '%s: update records nothing of what is new, and what was recorded stays as it is',
    async (what) => {
      await withProject(async (project) => {
        const { lab, lock, run, read } = project;
        await start(project);
        await run('update');
        const text = read('assay.lock');
        for (const name of ['one', 'two']) await publish(lab, name, { 'index.js': '1' }, TEAM);
        await lock({ net: '1.0.0', pure: '1.0.0', one: '1.0.0', two: '1.0.0' }, { dev: { tool: '1.0.0' } });
        const mirror = await lab.mirror({ stripSignatures: what === 'signatures' });
        mirror.behave(/\/attestations\//, { status: 404 });
        const { stdout, stderr } = await run('update', '--registry', mirror.url);
        expect(stdout).toMatch(/^assay\.lock: 0 taken in, 0 removed, 3 unchanged\n/);
        expect(stderr).toMatch(/^assay: [^\n]*\n$/);
        expect(stderr).toContain(`${mirror.url} serves no ${what} of any package here: `);
        expect(read('assay.lock')).toBe(text);
        expect((await run('update')).stdout).toMatch(/^assay\.lock: 2 taken in/);
      });
    },
  );

  it('signatures of one package alone: that is a matter of the package, and its clock starts', async () => {
    await withProject(async ({ lab, lock, run, read }) => {
      await publish(lab, 'kept', { 'index.js': '1' }, TEAM);
      await publish(lab, 'bare', { 'index.js': '1' }, TEAM);
      lab.tamperPackument('bare', (document) => ({
        ...document,
        versions: Object.fromEntries(
          Object.entries(document.versions).map(([version, manifest]) => {
            const { signatures, ...dist } = manifest.dist;
            return [version, signatures === undefined ? manifest : { ...manifest, dist }];
          }),
        ),
      }));
      await lock({ kept: '1.0.0', bare: '1.0.0' });
      const { stdout, stderr } = await run('update');
      expect({ stdout, stderr }).toMatchObject({ stderr: '', stdout: expect.stringContaining('1 taken in') as string });
      expect(read('assay.lock')).toMatch(/^npm:bare@1\.0\.0 seen /m);
    });
  });
});
