/**
 * Requirements of which every file is attested, beside `pip-audit` on the same list: assay asks the index and the
 * attestations, pip-audit a service of advisories that has none, in the lab both.
 */
import { ciWorkflow } from '../lab/index.ts';
import { githubPublisher, startPypiLab } from '../lab/pypi/index.ts';
import { besidePeers, readOptions } from './ecosystems/beside.ts';

const DAY = 86_400_000;

async function main(): Promise<void> {
  const { count, latencyMs, rounds } = readOptions(200);
  const lab = await startPypiLab();
  try {
    const names = Array.from({ length: count }, (_, i) => `package-${i}`);
    for (const name of names) {
      const by = githubPublisher(ciWorkflow({ repository: `team/${name}` }));
      for (const [version, days] of [
        ['1.0.0', 200],
        ['1.1.0', 100],
      ] as const) {
        lab.publish({ name, version, by, at: lab.now() - days * DAY });
      }
    }
    lab.behave(/^/, { delayMs: latencyMs });
    lab.behave(/^\/v1\/query$/, { delayMs: latencyMs, body: { vulns: [] } });
    const options = ['--disable-pip', '--require-hashes', '--progress-spinner', 'off'];
    await besidePeers(
      {
        title: `${count} packages, ${2 * count} attestations, latency ${latencyMs} ms`,
        url: lab.url,
        files: {
          'requirements.txt': lab.requirements(...names.map((name) => `${name}@1.1.0`)),
          'root.json': JSON.stringify(lab.trustedRoot),
        },
        args: ['--trusted-root', 'root.json'],
        env: { PIP_INDEX_URL: lab.index, PIP_CONFIG_FILE: '/dev/null' },
        requests: lab.requests,
        peers: [
          {
            name: 'pip-audit',
            needs: 'pip-audit',
            program: (folder) => ({
              command: 'pip-audit',
              args: [
                ...['-r', 'requirements.txt', ...options, '--cache-dir', `${folder}/cache`],
                ...['-s', 'osv', '--osv-url', `${lab.url}v1/query`],
              ],
            }),
          },
        ],
      },
      rounds,
    );
  } finally {
    await lab.close();
  }
}

await main();
