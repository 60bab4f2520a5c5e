import { ciWorkflow, token } from '../../../lab/index.ts';
import {
  ADDED,
  EXOTIC,
  type Incident,
  LOST,
  MISSING,
  old,
  type PublishSpec,
  type Release,
  REPOSITORY,
  SCRIPT,
  scripts,
  WORKFLOW,
} from './shape.ts';

const AXIOS_BASE = { repository: 'axios/axios', ref: 'refs/heads/v1.x' };
const AXIOS = ciWorkflow(AXIOS_BASE);
const AXIOS_TOKEN = ciWorkflow({ ...AXIOS_BASE, user: 'maintainer' });
const AXIOS_HAND = token({ user: 'maintainer' });
const AXIOS_EVIL: Partial<PublishSpec> = { manifest: { dependencies: { 'plain-crypto-js': '^4.2.1' } } };
const AXIOS_BEFORE: readonly Release[] = [
  ['2025-10-01T22:09:48Z', '0.30.2', AXIOS_HAND, old],
  ['2025-10-28T19:48:12Z', '1.13.1', AXIOS_TOKEN],
  ['2025-11-04T21:37:02Z', '1.13.2', AXIOS_TOKEN],
  ['2026-01-25T16:28:48Z', '1.13.3', AXIOS_HAND],
  ['2026-01-27T19:19:35Z', '1.13.4', AXIOS],
  ['2026-03-04T00:31:21Z', '0.30.3', AXIOS_HAND, old],
  ['2026-03-27T21:18:09Z', '1.14.0', AXIOS],
];
const PLAIN_CRYPTO: Readonly<Record<string, readonly Release[]>> = {
  'plain-crypto-js': [
    ['2026-03-30T05:57:00Z', '4.2.0', token({ user: 'somebody' })],
    ['2026-03-30T23:57:00Z', '4.2.1', token({ user: 'somebody' }), scripts('postinstall', 'node setup.js')],
  ],
};
const BROUGHT = [`plain-crypto-js: ${MISSING}`, `plain-crypto-js: ${SCRIPT}`];

const MISTRAL = ciWorkflow({ repository: 'mistralai/client-ts' });
const MISTRAL_EVIL = scripts('preinstall', 'node setup.mjs');

const TANSTACK = ciWorkflow({ repository: 'TanStack/router', workflow: '.github/workflows/release.yml' });
const ORPHAN = 'github:tanstack/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c';
const TANSTACK_EVIL: Partial<PublishSpec> = { manifest: { optionalDependencies: { '@tanstack/setup': ORPHAN } } };

const G2 = { repository: { type: 'git', url: 'git+https://github.com/antvis/G2.git' } };
const G2_HAND = token({ user: 'antv' });
const G2_EVIL = { manifest: { ...G2, scripts: { preinstall: 'bun run index.js' } } };
const STRANGER = ciWorkflow({ repository: 'stranger/build', user: 'atool' });
const G2_BASE = { repository: 'antvis/G2', workflow: '.github/workflows/release.yml', user: 'antv' };
const G2_BUILT = ciWorkflow(G2_BASE);

const REDHAT_BASE = { repository: 'RedHatInsights/javascript-clients', workflow: '.github/workflows/release.yml' };
const REDHAT = ciWorkflow(REDHAT_BASE);
const REDHAT_ORPHAN = ciWorkflow({ ...REDHAT_BASE, ref: 'refs/heads/oidc-check' });
const REDHAT_EVIL = scripts('preinstall', 'node index.js');

export const OF_2026: readonly Incident[] = [
  {
    title: 'axios 1.14.1, March 2026',
    name: 'axios',
    version: '1.14.1',
    before: '1.14.0',
    published: 'By hand with a stolen token, where the pipeline published before; a new dependency of the day before.',
    releases: [...AXIOS_BEFORE, ['2026-03-31T00:21:00Z', '1.14.1', AXIOS_HAND, AXIOS_EVIL]],
    others: PLAIN_CRYPTO,
    finds: [LOST, 'history-publisher-changed (note)', ADDED, ...BROUGHT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST, `plain-crypto-js: ${SCRIPT}`],
    beforeFinds: [0],
    unseen: 'What the dependency does.',
  },
  {
    title: 'axios 0.30.4, March 2026',
    name: 'axios',
    version: '0.30.4',
    before: '0.30.3',
    published: 'The same on a line that is released by hand.',
    releases: [
      ...AXIOS_BEFORE,
      ['2026-03-31T00:21:00Z', '1.14.1', AXIOS_HAND, AXIOS_EVIL],
      ['2026-03-31T01:00:00Z', '0.30.4', AXIOS_HAND, { ...AXIOS_EVIL, ...old }],
    ],
    others: PLAIN_CRYPTO,
    finds: [LOST, ADDED, ...BROUGHT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    failsAsBefore: true,
    policy: [LOST, `plain-crypto-js: ${SCRIPT}`],
    beforeFinds: [1, LOST],
    unseen: 'The same. 0.30.3 of the weeks before, by hand as well, is a decision too until the project has gone on.',
  },
  {
    title: 'mistralai 2.2.4, May 2026',
    name: '@mistralai/mistralai',
    version: '2.2.4',
    before: '2.2.1',
    published:
      'Three versions within eight minutes, with valid provenance of the usual workflow; a new install script.',
    releases: [
      ['2026-03-23T15:00:30Z', '2.1.2', MISTRAL],
      ['2026-04-07T16:51:48Z', '2.2.0', MISTRAL],
      ['2026-04-21T15:09:45Z', '2.2.1', MISTRAL],
      ['2026-05-11T22:45:38Z', '2.2.2', MISTRAL, MISTRAL_EVIL],
      ['2026-05-11T22:49:23Z', '2.2.3', MISTRAL, MISTRAL_EVIL],
      ['2026-05-11T22:53:59Z', '2.2.4', MISTRAL, MISTRAL_EVIL],
    ],
    finds: [SCRIPT],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [SCRIPT],
    beforeFinds: [0],
    unseen:
      'Provenance is true here: the usual workflow did build it. The script is a warning, held against 2.2.1 and not the version minutes before.',
  },
  {
    title: 'TanStack Router 1.169.8, May 2026',
    name: '@tanstack/react-router',
    version: '1.169.8',
    before: '1.169.2',
    published:
      'Valid provenance of the real release workflow, whose cache was poisoned; a new optional dependency from git, an orphan commit.',
    releases: [
      ['2026-03-30T23:12:30Z', '1.168.9', TANSTACK],
      ['2026-05-05T23:02:21Z', '1.169.2', TANSTACK],
      ['2026-05-11T19:20:00Z', '1.169.5', TANSTACK, TANSTACK_EVIL],
      ['2026-05-11T19:26:00Z', '1.169.8', TANSTACK, TANSTACK_EVIL],
    ],
    extra: {
      'node_modules/@tanstack/setup': {
        version: '1.0.0',
        resolved: `git+ssh://git@github.com/tanstack/router.git${ORPHAN.slice(ORPHAN.indexOf('#'))}`,
        optional: true,
      },
    },
    finds: [EXOTIC, 'history-dependency-added (note)', '@tanstack/setup: lockfile-not-registry'],
    statuses: [0, 0, 0, 1],
    fails: ['@tanstack/setup: lockfile-not-registry'],
    policy: [EXOTIC],
    beforeFinds: [0],
    unseen: 'That the commit is on no branch: git is not asked.',
  },
  {
    title: '@antv/g2 5.6.8, May 2026, if built in a foreign repository',
    name: '@antv/g2',
    version: '5.6.8',
    before: '5.4.8',
    published:
      'Reports differ on how. Two versions within half an hour by one stolen account; the first provenance of the package, of another repository than it declares; a new install script.',
    releases: [
      ['2025-09-01T08:00:00Z', '5.4.0', G2_HAND, { manifest: G2 }],
      ['2026-01-15T08:00:00Z', '5.4.8', G2_HAND, { manifest: G2 }],
      ['2026-05-19T01:40:00Z', '5.5.8', STRANGER, G2_EVIL],
      ['2026-05-19T02:06:00Z', '5.6.8', STRANGER, G2_EVIL],
    ],
    finds: [REPOSITORY, 'history-publisher-new', SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [REPOSITORY],
    policy: [REPOSITORY, SCRIPT],
    beforeFinds: [0, MISSING],
    unseen: 'That hundreds of packages were published at once: each is judged by its own history.',
  },
  {
    title: 'The same, if built by another workflow of the right repository',
    name: '@antv/g2',
    version: '5.6.8',
    before: '5.4.8',
    published:
      'Releases before had provenance; valid provenance of a workflow that never released; a new install script.',
    releases: [
      ['2025-09-01T08:00:00Z', '5.4.0', G2_BUILT],
      ['2026-01-15T08:00:00Z', '5.4.8', G2_BUILT],
      ['2026-05-19T01:40:00Z', '5.5.8', ciWorkflow({ ...G2_BASE, workflow: '.github/workflows/ci.yml' }), G2_EVIL],
      ['2026-05-19T02:06:00Z', '5.6.8', ciWorkflow({ ...G2_BASE, workflow: '.github/workflows/ci.yml' }), G2_EVIL],
    ],
    finds: [WORKFLOW, SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [WORKFLOW],
    policy: [WORKFLOW, SCRIPT],
    beforeFinds: [0],
    unseen: 'The same.',
  },
  {
    title: 'The same, if built by the usual workflow on another ref',
    name: '@antv/g2',
    version: '5.6.8',
    before: '5.4.8',
    published:
      'Releases before had provenance; valid provenance of the usual workflow, on another branch; a new install script.',
    releases: [
      ['2025-09-01T08:00:00Z', '5.4.0', G2_BUILT],
      ['2026-01-15T08:00:00Z', '5.4.8', G2_BUILT],
      ['2026-05-19T01:40:00Z', '5.5.8', ciWorkflow({ ...G2_BASE, ref: 'refs/heads/snapshot' }), G2_EVIL],
      ['2026-05-19T02:06:00Z', '5.6.8', ciWorkflow({ ...G2_BASE, ref: 'refs/heads/snapshot' }), G2_EVIL],
    ],
    finds: [SCRIPT],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [SCRIPT],
    beforeFinds: [0],
    otherRef: true,
    unseen:
      'The ref: projects release from several. Where a policy expects one (`ref` in `expect`), another is an error.',
  },
  {
    title: 'Red Hat compliance-client 4.0.6, June 2026',
    name: '@redhat-cloud-services/compliance-client',
    version: '4.0.6',
    before: '4.0.2',
    published:
      'Three versions with valid provenance of the right repository, built from an orphan commit; a new install script.',
    releases: [
      ['2026-02-10T12:00:00Z', '4.0.1', REDHAT],
      ['2026-04-20T12:00:00Z', '4.0.2', REDHAT],
      ...['4.0.3', '4.0.4', '4.0.6'].map((version, i): Release => [
        `2026-06-01T1${i}:00:00Z`,
        version,
        REDHAT_ORPHAN,
        REDHAT_EVIL,
      ]),
    ],
    finds: [SCRIPT],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [SCRIPT],
    beforeFinds: [0],
    otherRef: true,
    unseen: 'That the commit is on no branch: git is not asked. Where a policy expects a ref, another is an error.',
  },
];
