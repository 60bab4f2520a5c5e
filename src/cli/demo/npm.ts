import { ciWorkflow, startLab, token, type Lab } from '../../../lab/index.ts';
import { check } from '../../audit/check.ts';
import { DEFAULT_PHASE, type Verdict } from '../../model/verdict.ts';
import { parseKeysDocument } from '../../registries/npm/keys.ts';
import { renderComparison } from '../../report/commands/comparison.ts';
import type { Io, Output } from '../io.ts';
import { trustOf, type Player } from './player.ts';
import { withSources } from './sources.ts';

/** The stolen release of axios, on a registry of its own. */
export async function playNpm(player: Player, { stdout }: Io): Promise<void> {
  const lab = await startLab({ now: Date.parse('2026-01-12T09:00:00Z') });
  try {
    await replay(lab, player, stdout);
  } finally {
    await lab.close();
  }
}

const TEAM = ciWorkflow({
  repository: 'axios/axios',
  repositoryId: '23088740',
  ownerId: '32372333',
  workflow: '.github/workflows/publish.yml',
  ref: 'refs/heads/v1.x',
});

async function replay(lab: Lab, player: Player, stdout: Output): Promise<void> {
  const registries = { npm: lab.url };
  const trust = trustOf(lab.trustedRoot, parseKeysDocument(lab.keys, 'configured'));
  const auditOf = (version: string, told: Verdict): Promise<void> =>
    player.audit(
      { registries, trust, now: lab.clock.now() },
      { file: 'package-lock.json', text: lab.lockfile({ axios: version }) },
      told,
    );

  await publishGoodReleases(lab);
  player.step('Releases come from one workflow of one repository. A lockfile with axios 1.14.0:');
  await auditOf('1.14.0', 'pass');

  await publishWithStolenToken(lab);
  player.step(
    'Somebody publishes 1.14.1 with a stolen token. The hash matches, the registry signs it. The same audit:',
  );
  await auditOf('1.14.1', 'fail');

  player.step('What changed, side by side (assay check axios@1.14.1):');
  const { comparisons } = await withSources(registries, (sources) =>
    check(['axios@1.14.1'], { ...sources, trust, now: lab.clock.now(), enforce: DEFAULT_PHASE }),
  );
  for (const comparison of comparisons) stdout.write(renderComparison(comparison, stdout));
  stdout.write('\n');
}

async function publishGoodReleases(lab: Lab): Promise<void> {
  const manifest = {
    repository: { type: 'git', url: 'git+https://github.com/axios/axios.git' },
    dependencies: { 'form-data': '4.0.5', 'proxy-from-env': '1.1.0' },
  };
  await lab.publish({ name: 'form-data', version: '4.0.5', by: ciWorkflow({ repository: 'form-data/form-data' }) });
  await lab.publish({
    name: 'proxy-from-env',
    version: '1.1.0',
    by: ciWorkflow({ repository: 'Rob--W/proxy-from-env' }),
  });
  for (const version of ['1.13.5', '1.13.6', '1.14.0']) {
    lab.clock.advance(14 * 24 * 3600 * 1000);
    await lab.publish({ name: 'axios', version, manifest, by: TEAM });
  }
}

async function publishWithStolenToken(lab: Lab): Promise<void> {
  lab.clock.advance(4 * 24 * 3600 * 1000);
  const thief = token({ user: 'maintainer' });
  await lab.publish({
    name: 'plain-crypto-js',
    version: '4.2.1',
    manifest: { scripts: { postinstall: 'node setup.js' } },
    by: token({ user: 'somebody' }),
  });
  lab.clock.advance(30 * 60 * 1000);
  await lab.publish({
    name: 'axios',
    version: '1.14.1',
    manifest: {
      repository: { type: 'git', url: 'git+https://github.com/axios/axios.git' },
      dependencies: { 'form-data': '4.0.5', 'proxy-from-env': '1.1.0', 'plain-crypto-js': '4.2.1' },
    },
    by: thief,
  });
}
