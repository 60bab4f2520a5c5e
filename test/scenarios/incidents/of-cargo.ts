import { startCratesLab } from '../../../lab/crates/index.ts';
import { cargoLock } from '../../../lab/crates/lockfile.ts';
import { auditLocked } from '../harness.ts';
import { ADDED, MASS_YANK, UNKNOWN, type Elsewhere, type Stage } from './shape.ts';

const HOUR = 3_600_000;
const PUBLISHED = '2026-08-20T14:00:00Z';
const OLD = ['0.3.7', '0.3.8', '0.3.9'] as const;

const stage: Stage = async (work) => {
  const now = Date.parse(PUBLISHED) + HOUR;
  const lab = await startCratesLab();
  try {
    const usual = { name: 'proc-macro2', version: '1.0.107', checksum: lab.publish('proc-macro2', '1.0.107') };
    const sums = OLD.map((version, i) =>
      lab.publish('arrayref', version, { published: `202${i + 1}-01-01T00:00:00Z` }),
    );
    const lure = { published: PUBLISHED, files: { 'build.rs': 'fn main() {}\n' } };
    const added = { name: 'proc-macro1', version: '1.0.0', checksum: lab.publish('proc-macro1', '1.0.0', lure) };
    const dependencies = { 'proc-macro1': '1' };
    const checksum = lab.publish('arrayref', '0.3.10', { published: PUBLISHED, dependencies });
    lab.yank('arrayref', ...OLD);
    const asked = ['arrayref', 'proc-macro2'];
    const evil = { name: 'arrayref', version: '0.3.10', checksum, dependencies: ['proc-macro1'] };
    const good = { name: 'arrayref', version: '0.3.9', checksum: sums.at(-1) ?? null };
    const lockfiles = { release: cargoLock([evil, added, usual], asked), before: cargoLock([good, usual], asked) };
    return await work({
      now,
      audit: (what, change) =>
        auditLocked({ crates: lab.url }, { file: 'Cargo.lock', text: lockfiles[what] }, { now, ...change }),
      taken: [
        {
          act: () => {
            lab.remove('arrayref', '0.3.10');
            lab.remove('proc-macro1', '1.0.0');
          },
          enforce: 'observe',
          code: UNKNOWN,
        },
      ],
    });
  } finally {
    await lab.close();
  }
};

export const OF_CARGO: readonly Elsewhere[] = [
  {
    title: 'arrayref 0.3.10, August 2026',
    name: 'arrayref',
    version: '0.3.10',
    before: '0.3.9',
    published:
      'With a stolen token; a new dependency of the same day, with a build script and nearly the name of another crate; every older version yanked, as a lure.',
    stage,
    finds: [MASS_YANK, ADDED],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [],
    beforeFinds: [0, 'version-yanked (note)'],
    unseen: 'The build script: the index does not say which crates have one. Nobody signs who published.',
  },
];
