import { ciWorkflow, token } from '../../../lab/index.ts';
import { LOST, MISSING, old, SCRIPT, scripts, type Incident, type Release } from './shape.ts';

const PRETTIER = ciWorkflow({ repository: 'prettier/eslint-config-prettier', user: 'jounqin' });
const PRETTIER_HAND = token({ user: 'jounqin' });
const PRETTIER_DECLARED = { manifest: { repository: 'prettier/eslint-config-prettier' } };
const PRETTIER_BEFORE: readonly Release[] = [
  ['2023-08-03T08:00:00Z', '8.10.0', token({ user: 'lydell' }), PRETTIER_DECLARED],
  ['2023-12-02T12:00:00Z', '9.1.0', token({ user: 'lydell' }), PRETTIER_DECLARED],
  ['2025-01-13T08:00:00Z', '10.0.0', PRETTIER_HAND, PRETTIER_DECLARED],
  ['2025-05-07T08:00:00Z', '10.1.4', PRETTIER],
  ['2025-05-09T08:00:00Z', '10.1.5', PRETTIER],
];
const PRETTIER_EVIL = scripts('install', 'node install.js');

const NX = ciWorkflow({ repository: 'nrwl/nx', user: 'nx-maintainer' });
const NX_USUAL = scripts('postinstall', 'node ./bin/post-install || exit 0');

const QIX = token({ user: 'qix' });
const WORM = ciWorkflow({ repository: 'team/library', user: 'ann' });
const VALORKIN = token({ user: 'valorkin' });

export const OF_2025: readonly Incident[] = [
  {
    title: 'eslint-config-prettier 10.1.7, July 2025',
    name: 'eslint-config-prettier',
    version: '10.1.7',
    before: '10.1.5',
    published: 'By hand with the phished token of the usual account, twice within minutes; a new install script.',
    releases: [
      ...PRETTIER_BEFORE,
      ['2025-07-18T16:10:00Z', '10.1.6', PRETTIER_HAND, PRETTIER_EVIL],
      ['2025-07-18T16:30:00Z', '10.1.7', PRETTIER_HAND, PRETTIER_EVIL],
    ],
    finds: [LOST, SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST, SCRIPT],
    beforeFinds: [0],
    unseen: 'That the account was not its owner. It is the usual one.',
  },
  {
    title: 'eslint-config-prettier 8.10.1, July 2025',
    name: 'eslint-config-prettier',
    version: '8.10.1',
    before: '8.10.0',
    published: 'The same on an old line that never had provenance.',
    releases: [...PRETTIER_BEFORE, ['2025-07-18T16:40:00Z', '8.10.1', PRETTIER_HAND, { ...PRETTIER_EVIL, ...old }]],
    finds: [LOST, 'history-publisher-changed (note)', SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST, SCRIPT],
    beforeFinds: [0, MISSING],
    unseen: 'The same.',
  },
  {
    title: 'Nx 21.5.0, August 2025',
    name: 'nx',
    version: '21.5.0',
    before: '21.4.1',
    published: 'By hand with a token stolen through a workflow; the install script became another one.',
    releases: [
      ['2025-07-30T12:00:00Z', '21.3.11', NX, NX_USUAL],
      ['2025-08-13T12:00:00Z', '21.4.0', NX, NX_USUAL],
      ['2025-08-19T12:00:00Z', '21.4.1', NX, NX_USUAL],
      ['2025-08-26T22:32:00Z', '21.5.0', token({ user: 'nx-maintainer' }), scripts('postinstall', 'node telemetry.js')],
    ],
    finds: [LOST, SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST, SCRIPT],
    beforeFinds: [0],
    unseen: 'That the account was not its owner. It is the usual one.',
  },
  {
    title: 'debug 4.4.2 (chalk and others), September 2025',
    name: 'debug',
    version: '4.4.2',
    before: '4.4.1',
    published: 'By hand with the phished token of the usual account; code for browsers, and nothing else changed.',
    releases: [
      ['2024-09-06T12:00:00Z', '4.3.7', QIX],
      ['2024-12-06T12:00:00Z', '4.4.0', QIX],
      ['2025-05-13T12:00:00Z', '4.4.1', QIX],
      ['2025-09-08T13:16:00Z', '4.4.2', QIX],
    ],
    finds: [MISSING],
    statuses: [0, 0, 1, 1],
    fails: [MISSING],
    failsAsBefore: true,
    policy: [],
    beforeFinds: [0, MISSING],
    unseen:
      'Nothing could: the packages never had provenance, and all that was new is code. Only its age could have stopped it.',
  },
  {
    title: 'ngx-bootstrap 20.0.6 (Shai-Hulud), September 2025',
    name: 'ngx-bootstrap',
    version: '20.0.6',
    before: '20.0.2',
    published:
      'By hand with a stolen token of the usual account, three times within hours; a new install script; no release ever had provenance.',
    releases: [
      ['2025-06-10T12:00:00Z', '20.0.0', VALORKIN],
      ['2025-07-10T12:00:00Z', '20.0.2', VALORKIN],
      ...['20.0.4', '20.0.5', '20.0.6'].map((version, i): Release => [
        `2025-09-15T0${i + 3}:00:00Z`,
        version,
        VALORKIN,
        scripts('postinstall', 'node bundle.js'),
      ]),
    ],
    finds: [MISSING, SCRIPT],
    statuses: [0, 0, 1, 1],
    fails: [MISSING],
    failsAsBefore: true,
    policy: [SCRIPT],
    beforeFinds: [0, MISSING],
    unseen: 'By default the script is a warning: without provenance before, there was none to lose.',
  },
  {
    title: 'A package with provenance (Shai-Hulud), November 2025',
    name: '@team/library',
    version: '3.2.1',
    before: '3.2.0',
    published: 'By hand with a stolen token of the account that the pipeline publishes with; a new install script.',
    releases: [
      ['2025-08-01T12:00:00Z', '3.1.0', WORM],
      ['2025-11-10T12:00:00Z', '3.2.0', WORM],
      ['2025-11-24T04:11:00Z', '3.2.1', token({ user: 'ann' }), scripts('preinstall', 'node setup_bun.js')],
    ],
    finds: [LOST, SCRIPT],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST, SCRIPT],
    beforeFinds: [0],
    unseen: 'That the account was not its owner.',
  },
];
