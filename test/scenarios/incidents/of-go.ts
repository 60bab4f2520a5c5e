import { startGoLab } from '../../../lab/go/index.ts';
import { withClone } from '../clone.ts';
import { auditLocked, type Locked, type Outcome } from '../harness.ts';
import { MISMATCH, SOURCE, type Elsewhere, type Stage } from './shape.ts';

const SQUATTED = 'github.com/boltdb-go/bolt';
const VERSION = 'v1.3.1';
const CLEAN = { 'db.go': 'package bolt\n' };
const BACKDOORED = { 'db.go': 'package bolt\n\nfunc init() { go connect() }\n' };

/**
 * Plays it with a go.sum that has what the proxy kept, or what a clone of the repository has by now; also beside that
 * clone.
 */
function stageBolt(locked: 'proxy' | 'repository', isBesideClone = false): Stage {
  return async (work) => {
    const now = Date.parse('2025-01-30T00:00:00Z');
    const lab = await startGoLab();
    try {
      lab.grow(300);
      const info = { Time: '2021-11-10T00:00:00Z' };
      const real = lab.publish('github.com/boltdb/bolt', VERSION, { files: CLEAN, info });
      // What the moved tag leads to has a hash of its own, which the proxy, having the version, never sees.
      const moved = lab.publish(SQUATTED, VERSION, { files: CLEAN, info, logged: false });
      const cached = lab.publish(SQUATTED, VERSION, { files: BACKDOORED, info });
      lab.grow(5);
      const goMod = (path: string): string => `module project.example\n\ngo 1.21\n\nrequire ${path} ${VERSION}\n`;
      const lockfiles = {
        release: { text: locked === 'proxy' ? cached : moved, mod: goMod(SQUATTED) },
        before: { text: real, mod: goMod('github.com/boltdb/bolt') },
      };
      return await work({
        now,
        audit: (what, change): Promise<Outcome> => {
          const { text, mod } = lockfiles[what];
          const lockfile = { file: 'go.sum', text, manifests: new Map([['', mod]]) };
          const auditOf = (more: Partial<Locked>): Promise<Outcome> =>
            auditLocked({ go: lab.env }, { ...lockfile, ...more }, { now, ...change });
          if (!isBesideClone) return auditOf({});
          const path = what === 'release' ? SQUATTED : 'github.com/boltdb/bolt';
          const files = { 'go.mod': `module ${path}\n`, 'a.go': 'package a\n', ...CLEAN };
          return withClone(VERSION, files, (clone) => auditOf({ clone }));
        },
        taken: [],
      });
    } finally {
      await lab.close();
    }
  };
}

const BOLT = { name: SQUATTED, version: VERSION, before: VERSION, isOld: true, beforeFinds: [0] } as const;

export const OF_GO: readonly Elsewhere[] = [
  {
    ...BOLT,
    title: 'github.com/boltdb-go/bolt v1.3.1, November 2021 to February 2025',
    published:
      'A module nearly of the name of boltdb/bolt, with a backdoor; once the module proxy had it, its tag was moved to a commit without one.',
    stage: stageBolt('proxy'),
    finds: [],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [],
    unseen:
      'That the tag is another one by now: the log is right, everybody got these bytes, and the repository is not asked. That the name is nearly another one.',
  },
  {
    ...BOLT,
    title: 'The same, beside a clone of its repository (`--source`)',
    published: 'The same; the clone is made after the tag was moved.',
    stage: stageBolt('proxy', true),
    finds: [SOURCE],
    statuses: [1, 1, 1, 1],
    fails: [SOURCE],
    policy: [SOURCE],
    unseen: 'Which of the two is meant.',
  },
  {
    ...BOLT,
    title: 'The same, locked from a clone of its repository after the tag was moved',
    published:
      'A go.sum with the hash of what the tag leads to (`GOPROXY=direct`, `GONOSUMDB`), which is what a review sees.',
    stage: stageBolt('repository'),
    finds: [MISMATCH],
    statuses: [1, 1, 1, 1],
    fails: [MISMATCH],
    policy: [MISMATCH],
    unseen: 'Which of the two has the backdoor: the log shows that they differ.',
  },
];
