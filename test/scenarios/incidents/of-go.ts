import { startGoLab } from '../../../lab/go/index.ts';
import { auditLocked } from '../harness.ts';
import { MISMATCH, type Elsewhere, type Stage } from './shape.ts';

const SQUATTED = 'github.com/boltdb-go/bolt';
const VERSION = 'v1.3.1';
const CLEAN = { 'db.go': 'package bolt\n' };
const BACKDOORED = { 'db.go': 'package bolt\n\nfunc init() { go connect() }\n', 'connect.go': 'package bolt\n' };

/** Plays it with a go.sum that has what the proxy kept, or what a clone of the repository has by now. */
function stageBolt(locked: 'proxy' | 'repository'): Stage {
  return async (work) => {
    const now = Date.parse('2025-01-30T00:00:00Z');
    const lab = await startGoLab();
    try {
      lab.grow(300);
      const real = lab.publish('github.com/boltdb/bolt', VERSION, { files: CLEAN });
      // What the moved tag leads to has a hash of its own, which the proxy, having the version, never sees.
      const moved = lab.publish(SQUATTED, VERSION, { files: CLEAN, logged: false });
      const cached = lab.publish(SQUATTED, VERSION, { files: BACKDOORED });
      lab.grow(5);
      const goMod = (path: string): string => `module project.example\n\ngo 1.21\n\nrequire ${path} ${VERSION}\n`;
      const lockfiles = {
        release: { text: locked === 'proxy' ? cached : moved, mod: goMod(SQUATTED) },
        before: { text: real, mod: goMod('github.com/boltdb/bolt') },
      };
      return await work({
        now,
        audit: (what, change) => {
          const { text, mod } = lockfiles[what];
          return auditLocked(
            { go: lab.env },
            { file: 'go.sum', text, manifests: new Map([['', mod]]) },
            { now, ...change },
          );
        },
        taken: [],
      });
    } finally {
      await lab.close();
    }
  };
}

const BOLT = { name: SQUATTED, version: VERSION, before: VERSION, isAgeless: true, beforeFinds: [0] } as const;

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
