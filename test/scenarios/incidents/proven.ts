import { ciWorkflow } from '../../../lab/index.ts';
import { startCratesLab } from '../../../lab/crates/index.ts';
import { cargoLock } from '../../../lab/crates/lockfile.ts';
import { startGoLab } from '../../../lab/go/index.ts';
import { githubPublisher, startPypiLab } from '../../../lab/pypi/index.ts';
import type { Witness } from '../../../src/model/proof.ts';
import { PHASES, type Phase } from '../../../src/model/verdict.ts';
import { auditIn, auditLocked, withLab, type Outcome } from '../harness.ts';

/** A tree of which nothing is wrong, as it comes out in each phase. */
export interface Proven {
  readonly title: string;
  readonly play: () => Promise<readonly Outcome[]>;
}

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 9, 1);

async function inEach(audit: (enforce: Phase) => Promise<Outcome>): Promise<readonly Outcome[]> {
  const outcomes = [];
  for (const enforce of PHASES) outcomes.push(await audit(enforce));
  return outcomes;
}

async function closing<L extends { readonly close: () => Promise<void> }, T>(
  starting: Promise<L>,
  work: (lab: L) => Promise<T>,
): Promise<T> {
  const lab = await starting;
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

const playNpm = (): Promise<readonly Outcome[]> =>
  withLab(async (lab) => {
    const team = ciWorkflow({ repository: 'team/outer' });
    await lab.publish({ name: 'inner', version: '1.0.0', by: ciWorkflow({ repository: 'team/inner' }) });
    for (const version of ['1.0.0', '1.1.0']) {
      lab.clock.advance(30 * DAY);
      await lab.publish({ name: 'outer', version, by: team, manifest: { dependencies: { inner: '1.0.0' } } });
    }
    return inEach((enforce) => auditIn(lab, lab.lockfile({ outer: '1.1.0' }), { enforce }));
  });

const playPypi = (): Promise<readonly Outcome[]> =>
  closing(startPypiLab({ now: NOW }), (lab) => {
    for (const name of ['inner', 'outer']) {
      const by = githubPublisher(ciWorkflow({ repository: `team/${name}` }));
      lab.publish({ name, version: '1.0.0', by, at: NOW - 60 * DAY });
      lab.publish({ name, version: '1.1.0', by, at: NOW - 30 * DAY });
    }
    const locked = { file: 'uv.lock', text: lab.uvLock('inner@1.1.0', 'outer@1.1.0'), trustedRoot: lab.trustedRoot };
    return inEach((enforce) => auditLocked({ pypi: lab.index }, locked, { now: NOW, enforce }));
  });

const playGo = (): Promise<readonly Outcome[]> =>
  closing(startGoLab(), (lab) => {
    lab.grow(300);
    const paths = ['team.example/inner', 'team.example/outer'];
    const text = paths.map((path) => lab.publish(path, 'v1.0.0')).join('');
    lab.grow(5);
    const mod = `module project.example\n\ngo 1.21\n\n${paths.map((path) => `require ${path} v1.0.0\n`).join('')}`;
    const locked = { file: 'go.sum', text, manifests: new Map([['', mod]]) };
    return inEach((enforce) => auditLocked({ go: lab.env }, locked, { now: NOW, enforce }));
  });

const playCargo = (): Promise<readonly Outcome[]> =>
  closing(startCratesLab(), (lab) => {
    const inner = { name: 'inner', version: '1.0.0', checksum: lab.publish('inner', '1.0.0') };
    const checksum = lab.publish('outer', '1.0.0', { dependencies: { inner: '1' } });
    const outer = { name: 'outer', version: '1.0.0', checksum, dependencies: ['inner'] };
    const locked = { file: 'Cargo.lock', text: cargoLock([inner, outer], ['outer']) };
    return inEach((enforce) => auditLocked({ crates: lab.url }, locked, { now: NOW, enforce }));
  });

export const PROVEN: readonly Proven[] = [
  { title: 'npm', play: playNpm },
  { title: 'PyPI', play: playPypi },
  { title: 'Go modules', play: playGo },
  { title: 'crates.io', play: playCargo },
];

/** What was proven of it, and on whose word: of each link, of how many dependencies. */
export function linksOf({ report }: Outcome): readonly string[] {
  const words = report.dependencies.flatMap(({ proofs }) => [
    ...(proofs.integrity === null ? [] : [`hash (${WORDS[proofs.integrity.by]})`]),
    ...(proofs.signature === null ? [] : ['registry signature']),
    ...(proofs.provenance === null ? [] : ['who built it']),
  ]);
  const all = report.dependencies.length;
  return [...new Set(words)].map((word) => `${word} ${words.filter((one) => one === word).length} of ${all}`);
}

const WORDS: Readonly<Record<Witness, string>> = {
  'registry-key': 'signed by the registry',
  builder: 'signed by the build',
  log: 'in the log',
  registry: 'the unsigned word of the registry',
  publisher: 'of a file inside',
};
