import { ciWorkflow, token } from '../../../lab/index.ts';
import { ELSEWHERE, LOST, old, type By, type Upgrade } from './shape.ts';

const SEMVER = ciWorkflow({ repository: 'npm/node-semver', user: 'npm-cli-ops' });
const SEMVER_BY = (user: string): By => token({ user });
const UNDICI = ciWorkflow({ repository: 'nodejs/undici', user: 'matteo.collina' });
const UNDICI_HAND = token({ user: 'matteo.collina' });
const CHOKIDAR = ciWorkflow({ repository: 'paulmillr/chokidar', user: 'paulmillr' });
const CHOKIDAR_HAND = token({ user: 'paulmillr' });
const RESOLVER = ciWorkflow({ repository: 'import-js/eslint-import-resolver-typescript', user: 'jounqin' });
const DETECT = ciWorkflow({ repository: 'node-modules/detect-port', user: 'fengmk2' });
const TAILWIND_BASE = { repository: 'dcastil/tailwind-merge' };
const TAILWIND = ciWorkflow({ ...TAILWIND_BASE, user: 'dcas' });

export const UPGRADES: readonly Upgrade[] = [
  {
    name: 'semver',
    version: '6.3.1',
    published:
      'A backport by hand by a member of the team, three days after a release of the newest line with provenance.',
    releases: [
      ['2019-07-01T23:03:27Z', '6.2.0', SEMVER_BY('isaacs')],
      ['2019-07-23T19:25:26Z', '6.3.0', SEMVER_BY('isaacs')],
      ['2022-04-13T12:00:00Z', '7.3.7', SEMVER_BY('lukekarrys')],
      ['2023-05-12T16:39:41Z', '7.5.1', SEMVER],
      ['2023-07-07T21:10:32Z', '7.5.4', SEMVER],
      ['2023-07-10T19:57:47Z', '5.7.2', SEMVER_BY('lukekarrys'), old],
      ['2023-07-10T22:38:41Z', '6.3.1', SEMVER_BY('lukekarrys'), old],
      ['2024-02-05T17:06:51Z', '7.6.0', SEMVER],
    ],
    day: [0, ELSEWHERE, 'history-publisher-changed (note)'],
    now: [0, ELSEWHERE, 'history-publisher-changed (note)'],
  },
  {
    name: 'undici-types',
    version: '6.21.0',
    published:
      'By hand by the usual account, as the five releases of four months before it; two older ones had provenance.',
    releases: [
      ['2024-06-14T09:32:59Z', '6.19.0', UNDICI_HAND],
      ['2024-06-17T19:03:47Z', '6.19.1', UNDICI],
      ['2024-06-18T07:24:32Z', '6.19.2', UNDICI],
      ['2024-07-22T13:57:28Z', '6.19.4', UNDICI_HAND],
      ['2024-07-31T10:32:49Z', '6.19.5', UNDICI_HAND],
      ['2024-08-09T08:37:05Z', '6.19.6', UNDICI_HAND],
      ['2024-08-19T17:19:08Z', '6.19.8', UNDICI_HAND],
      ['2024-10-09T07:49:24Z', '6.20.0', UNDICI_HAND],
      ['2024-11-13T13:36:43Z', '6.21.0', UNDICI_HAND],
      ['2024-12-03T15:23:35Z', '7.1.0', UNDICI],
      ['2025-01-16T09:16:06Z', '7.2.3', UNDICI],
    ],
    day: [0, ELSEWHERE],
    now: [0, ELSEWHERE],
  },
  {
    name: 'chokidar',
    version: '4.0.3',
    published:
      'By hand by the only maintainer, a day after the first one by hand; 4.0.1 had provenance, and so has 5.0.0.',
    releases: [
      ['2024-09-13T12:00:00Z', '4.0.0', CHOKIDAR],
      ['2024-09-25T12:00:00Z', '4.0.1', CHOKIDAR],
      ['2024-12-17T12:00:00Z', '4.0.2', CHOKIDAR_HAND],
      ['2024-12-18T12:00:00Z', '4.0.3', CHOKIDAR_HAND],
      ['2025-11-25T12:00:00Z', '5.0.0', CHOKIDAR],
    ],
    day: [1, LOST],
    now: [0, ELSEWHERE],
  },
  {
    name: 'eslint-import-resolver-typescript',
    version: '3.10.1',
    published: 'By hand by the account that the pipeline publishes with, days after 3.10.0 and 4.3.4 had provenance.',
    releases: [
      ['2025-03-20T12:00:00Z', '3.9.1', RESOLVER],
      ['2025-04-03T12:00:00Z', '3.10.0', RESOLVER, old],
      ['2025-04-20T12:00:00Z', '4.3.4', RESOLVER],
      ['2025-04-22T12:00:00Z', '3.10.1', token({ user: 'jounqin' }), old],
      ['2025-07-21T12:00:00Z', '4.4.4', RESOLVER],
    ],
    day: [1, LOST],
    now: [0, ELSEWHERE],
  },
  {
    name: 'detect-port',
    version: '1.6.1',
    published: 'By hand by the account that the pipeline publishes with, right after a release with provenance.',
    releases: [
      ['2022-10-10T12:00:00Z', '1.5.1', token({ user: 'fengmk2' })],
      ['2024-05-08T12:00:00Z', '1.6.0', DETECT],
      ['2024-05-08T15:00:00Z', '1.6.1', token({ user: 'fengmk2' })],
      ['2024-12-09T12:00:00Z', '2.1.0', DETECT],
    ],
    day: [1, LOST],
    now: [0, ELSEWHERE],
  },
  {
    name: 'tailwind-merge',
    version: '2.6.1',
    published:
      'A backport by hand by the only maintainer, as 2.6.0 a year before; 2.5.5 had provenance, as every 3.x has.',
    releases: [
      ['2024-11-17T12:00:00Z', '2.5.5', TAILWIND],
      ['2024-12-24T12:00:00Z', '2.6.0', token({ user: 'dcas' })],
      ['2025-01-26T12:00:00Z', '3.0.0', TAILWIND],
      ['2025-11-09T14:32:23Z', '3.4.0', TAILWIND],
      ['2026-02-02T19:02:54Z', '2.6.1', token({ user: 'dcas' }), old],
      ['2026-05-10T13:06:06Z', '3.6.0', ciWorkflow(TAILWIND_BASE)],
    ],
    day: [0, ELSEWHERE],
    now: [0, ELSEWHERE],
  },
];
