import { ciWorkflow, startLab, token, type Lab } from '../../../lab/index.ts';
import { audit } from '../../audit/index.ts';
import type { TrustOptions } from '../../audit/options.ts';
import { check } from '../../audit/check.ts';
import type { Report } from '../../model/report.ts';
import { DEFAULT_PHASE } from '../../model/verdict.ts';
import { parseKeysDocument } from '../../registries/npm/keys.ts';
import { renderComparison } from '../../report/commands/comparison.ts';
import { paint, usableColumns, wrap } from '../../report/words/layout.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { parseTrustedRoot } from '../../sigstore/trusted-root.ts';
import { EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { withSources } from './sources.ts';

/** Plays it, and returns the exit status. */
export async function playDemo(io: Io): Promise<number> {
  const lab = await startLab({ now: Date.parse('2026-01-12T09:00:00Z') });
  try {
    return await replay(lab, io);
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

/** Exit status 0 means that the replay went as it is told: the first audit holds, the second fails. */
async function replay(lab: Lab, io: Io): Promise<number> {
  const say = (text: string): void => {
    const lines = wrap(text, usableColumns(io.stdout.columns), 0, 3).map((line) => paint('bold', line, io.stdout));
    io.stdout.write(`${lines.join('\n')}\n\n`);
  };
  const trust: TrustOptions = {
    root: parseTrustedRoot(lab.trustedRoot),
    rootName: 'of the demo',
    rootDigest: '',
    keys: parseKeysDocument(lab.keys, 'configured'),
  };
  const auditOf = (version: string): Promise<Report> =>
    withSources({ npm: lab.url }, (sources) =>
      audit({
        ...sources,
        file: 'package-lock.json',
        bytes: Buffer.from(lab.lockfile({ axios: version })),
        trust,
        now: lab.clock.now(),
        enforce: DEFAULT_PHASE,
        omit: [],
      }),
    );

  await publishGoodReleases(lab);
  say('1. Releases come from one workflow of one repository. A lockfile with axios 1.14.0:');
  const before = await auditOf('1.14.0');
  io.stdout.write(`${renderTerminal(before, io.stdout)}\n`);

  await publishWithStolenToken(lab);
  say('2. Somebody publishes 1.14.1 with a stolen token. The hash matches, the registry signs it. The same audit:');
  const after = await auditOf('1.14.1');
  io.stdout.write(`${renderTerminal(after, io.stdout)}\n`);

  say('3. What changed, side by side (assay check axios@1.14.1):');
  const { comparisons } = await withSources({ npm: lab.url }, (sources) =>
    check(['axios@1.14.1'], { ...sources, trust, now: lab.clock.now(), enforce: DEFAULT_PHASE }),
  );
  for (const comparison of comparisons) io.stdout.write(renderComparison(comparison, io.stdout));
  io.stdout.write('\n');
  say(
    '4. The registry ended with this replay: commands above that name its packages find nothing now. In a project with a lockfile, run: assay audit',
  );
  const asTold = before.verdict === 'pass' && after.verdict === 'fail';
  if (!asTold) io.stderr.write('assay: the replay did not go as told; please report this\n');
  return asTold ? EXIT.holds : EXIT.fails;
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
