import type { CratesLab } from '../../../lab/crates/index.ts';
import { cargoLock } from '../../../lab/crates/lockfile.ts';
import { withCratesLab } from '../../support/crates-lab.ts';
import { auditLocked, type Outcome } from '../harness.ts';
import type { Three } from './vector.ts';

const NOW = Date.UTC(2026, 9, 1);
const OLD = ['1.0.0', '1.1.0', '1.2.0'] as const;

/** Audits the newest of four releases, an hour old, once `change` did something to the lab. */
function play(change: (lab: CratesLab) => void): () => Promise<Outcome> {
  return () =>
    withCratesLab((lab) => {
      for (const version of OLD) lab.publish('alpha', version);
      const published = new Date(NOW - 3_600_000).toISOString().replace('.000', '');
      const checksum = lab.publish('alpha', '1.3.0', { published });
      change(lab);
      const text = cargoLock([{ name: 'alpha', version: '1.3.0', checksum }], ['alpha']);
      return auditLocked({ crates: lab.url }, { file: 'Cargo.lock', text }, { now: NOW });
    });
}

export const OF_CARGO = {
  'history-mass-yank': {
    passing: {
      what: 'one of the versions before is not yanked',
      status: 0,
      finds: [],
      play: play((lab) => lab.yank('alpha', '1.0.0', '1.1.0')),
    },
    failing: {
      what: 'every version before is yanked',
      status: 0,
      finds: ['history-mass-yank'],
      play: play((lab) => lab.yank('alpha', ...OLD)),
    },
    tampered: {
      what: 'the same, and an index that has other bytes of the release',
      status: 1,
      finds: ['history-mass-yank', 'integrity-mismatch'],
      play: play((lab) => {
        lab.yank('alpha', ...OLD);
        lab.rewrite('alpha', '1.3.0', { 'src/lib.rs': 'fn evil() {}\n' });
      }),
    },
  },
} as const satisfies Readonly<Record<string, Three>>;
