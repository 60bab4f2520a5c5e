import type { GoLab } from '../../../lab/go/index.ts';
import { withGoLab } from '../../support/go-lab.ts';
import { auditLocked, type Outcome } from '../harness.ts';
import type { Three } from './vector.ts';

const ONE = 'a.example/one';
const LOOKUP = `sumdb/sum.lab.example/lookup/${ONE}@v1.0.0`;
const HASH = /h1:..../;

/** What is audited in place of what go.sum has of the two modules, and with which variables beside the lab's. */
interface Change {
  readonly text?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Audits two modules that are logged among others, once `change` did something to the lab. */
function playLocked(change: (lab: GoLab, text: string) => Change): () => Promise<Outcome> {
  return () =>
    withGoLab((lab) => {
      lab.grow(300);
      const text = lab.publish(ONE, 'v1.0.0') + lab.publish('a.example/two', 'v1.0.0');
      lab.grow(5);
      const changed = change(lab, text);
      return auditLocked({ go: { ...lab.env, ...changed.env } }, { file: 'go.sum', text: changed.text ?? text }, {});
    });
}

/** The same with what was locked. */
function play(touch: (lab: GoLab) => void = () => undefined): () => Promise<Outcome> {
  return playLocked((lab) => {
    touch(lab);
    return {};
  });
}

/** The answer for the first module, with another head. */
const withHead = (lab: GoLab, head: string): void =>
  lab.answerWith(LOOKUP, lab.lookup(ONE, 'v1.0.0').replace(/\n\n[^]*$/, `\n\n${head}`));
const NOBODY_LOGGED = `${ONE} v1.0.0 h1:${Buffer.alloc(32, 7).toString('base64')}\n`;

export const OF_GO = {
  'log-record-missing': {
    passing: { what: 'every version is logged', status: 0, finds: [], play: play() },
    failing: {
      what: 'a version that the database does not have, of a module that it has',
      status: 1,
      finds: ['log-record-missing'],
      play: playLocked((lab, text) => ({ text: text + lab.publish(ONE, 'v1.1.0', { logged: false }) })),
    },
    tampered: {
      what: 'a proxy that gives the record of another version for it',
      status: 1,
      finds: ['log-proof-invalid'],
      play: playLocked((lab, text) => {
        const unlogged = lab.publish(ONE, 'v1.1.0', { logged: false });
        lab.answerWith(LOOKUP.replace('v1.0.0', 'v1.1.0'), lab.lookup(ONE, 'v1.0.0'));
        return { text: text + unlogged };
      }),
    },
  },
  'log-proof-invalid': {
    passing: {
      what: 'hashes behind the root of a head that is signed, beside the true record',
      status: 0,
      finds: [],
      play: play((lab) => withHead(lab, lab.database.head({ extensions: NOBODY_LOGGED }))),
    },
    failing: {
      what: 'a record that nobody logged',
      status: 1,
      finds: ['log-proof-invalid'],
      play: play((lab) => lab.answerWith(LOOKUP, `300\n${NOBODY_LOGGED}\n${lab.database.head()}`)),
    },
    tampered: {
      what: 'a forged tile',
      status: 1,
      finds: ['log-proof-invalid'],
      play: play((lab) => lab.answerWith('sumdb/sum.lab.example/tile/8/0/001.p/51', Buffer.alloc(51 * 32, 1))),
    },
  },
  'log-inconsistent': {
    passing: {
      what: 'an older head, of which the newest is the continuation',
      status: 0,
      finds: [],
      play: play((lab) => withHead(lab, lab.database.head({ size: 304 }))),
    },
    failing: {
      what: 'an older head that is no beginning of the newest',
      status: 1,
      finds: ['evidence-malformed', 'log-inconsistent'],
      play: play((lab) => withHead(lab, lab.database.head({ size: 304, root: Buffer.alloc(32, 3) }))),
    },
    tampered: {
      what: 'another head of the same size, signed by the log',
      status: 1,
      finds: ['evidence-malformed', 'log-inconsistent'],
      play: play((lab) => withHead(lab, lab.database.head({ root: Buffer.alloc(32, 3) }))),
    },
  },
  'checks-disabled': {
    passing: {
      what: 'GOPRIVATE that names none of the modules',
      status: 0,
      finds: [],
      play: playLocked(() => ({ env: { GOPRIVATE: 'team.example' } })),
    },
    failing: {
      what: 'GOSUMDB=off',
      status: 1,
      finds: ['checks-disabled', 'checks-disabled (note)'],
      play: playLocked(() => ({ env: { GOSUMDB: 'off' } })),
    },
    tampered: {
      what: 'a pattern that exempts every module, over an altered hash',
      status: 1,
      finds: ['checks-disabled'],
      play: playLocked((_, text) => ({ env: { GONOSUMDB: '*' }, text: text.replace(HASH, 'h1:AAAA') })),
    },
  },
} as const satisfies Readonly<Record<string, Three>>;
