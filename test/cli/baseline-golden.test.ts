import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { withProject } from './lab-project.ts';

const DAY = 86_400_000;
const IDS = { repository: 'team/p', repositoryId: '100', ownerId: '200' };
const TEAM = ciWorkflow(IDS);
const MOVED = ciWorkflow({ ...IDS, workflow: '.github/workflows/release.yml' });
const REUSED = ciWorkflow({ ...IDS, reusableWorkflow: 'team/shared/.github/workflows/npm.yml@refs/heads/main' });
const APPROVED = { ...TEAM, npmUser: { ...TEAM.npmUser, approver: { name: 'bob' } } };
/** What a lockfile's entry repeats of a manifest. */
const CLAIMS = { bin: { reused: 'index.js' }, dependencies: { proven: '^1.0.0' } };
const SOMEBODY = token({ user: 'Jane Döe' });

/** What differs from run to run: hashes over signatures, what gzip of this Node makes, and this machine's clock. */
function withoutChance(text: string, lockfile: string): string {
  const { packages } = JSON.parse(lockfile) as { packages: Record<string, { integrity?: string }> };
  let written = text;
  for (const [path, { integrity = '' }] of Object.entries(packages)) {
    if (integrity !== '') written = written.replaceAll(integrity, `(the hash of ${path})`);
  }
  return written
    .replace(/ verified sha256-\S{43}=/g, ' verified (a SHA-256)')
    .replace(/ (seen|until) \S{19}Z/g, ' $1 (a time)');
}

it('assay.lock is what it was, for every kind of line', async () => {
  await withProject(async ({ lab, folder, lock, run, read }) => {
    const publish = async (
      spec: string,
      by: typeof TEAM | typeof SOMEBODY,
      files = {},
      manifest = {},
    ): Promise<void> => {
      const at = spec.lastIndexOf('@');
      await lab.publish({ name: spec.slice(0, at), version: spec.slice(at + 1), by, files, manifest });
      lab.clock.advance(DAY);
    };
    await publish('proven@1.0.0', TEAM);
    await publish('proven@1.0.1', TEAM);
    await publish('@scope/reused@1.0.0', REUSED, { 'index.js': "require('node:https')" }, CLAIMS);
    await publish('approved@1.0.0', APPROVED);
    await publish('channels@1.0.0', TEAM);
    await publish('channels@2.0.0-next.1', MOVED);
    await publish('never@1.0.0', SOMEBODY);
    await publish('never@1.0.1', SOMEBODY, { 'index.js': "require('child_process')" });
    for (const name of ['moved', 'lost', 'unaccepted']) await publish(`${name}@1.0.0`, TEAM);
    const unchanged = {
      ...{ proven: '1.0.1', '@scope/reused': '1.0.0', approved: '1.0.0', never: '1.0.1' },
      ...{ channels: '1.0.0', next: 'npm:channels@2.0.0-next.1' },
    };
    await lock({ ...unchanged, moved: '1.0.0', lost: '1.0.0', unaccepted: '1.0.0' });
    expect((await run('init')).stderr).toBe('');
    const first = withoutChance(read('assay.lock'), read('package-lock.json'));
    await expect(first).toMatchFileSnapshot(join(import.meta.dirname, '../report/golden/init.assay.lock'));

    await publish('moved@1.1.0', MOVED);
    await publish('lost@1.1.0', SOMEBODY);
    await publish('unaccepted@1.1.0', SOMEBODY);
    writeFileSync(join(folder, 'assay.yml'), 'enforce: critical\ncritical:\n  - capability: network\n');
    await lock({ ...unchanged, moved: '1.1.0', lost: '1.1.0', unaccepted: '1.1.0' });
    const why = ['--by', 'Jane Döe', '--reason', 'the diff was read'];
    expect((await run('accept', 'moved', 'lost', ...why)).stderr).toBe('');
    await run('update');
    const second = withoutChance(read('assay.lock'), read('package-lock.json'));
    for (const line of ['accepted', 'published', 'capability', 'despite', 'expected-workflow', 'seen', 'signer']) {
      expect(second).toMatch(new RegExp(`^\\S+ ${line} `, 'm'));
    }
    expect(second).toMatch(/^npm:approved@1\.0\.0 published \S+ by "GitHub Actions" approved by bob$/m);
    for (const start of ['channels#next workflow', 'lost@1.1.0 provenance lost', 'never@1.0.1 provenance none 1']) {
      expect(second).toMatch(new RegExp(`^npm:${start.replaceAll('.', '\\.')}`, 'm'));
    }
    await expect(second).toMatchFileSnapshot(join(import.meta.dirname, '../report/golden/update.assay.lock'));
  });
});
