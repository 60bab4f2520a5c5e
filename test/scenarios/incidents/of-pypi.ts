import { ciWorkflow } from '../../../lab/index.ts';
import { githubPublisher, startPypiLab } from '../../../lab/pypi/index.ts';
import { auditLocked } from '../harness.ts';
import { LOST, MISSING, REMOVED, UNKNOWN, type Elsewhere, type Stage } from './shape.ts';

const HOUR = 3_600_000;
const WORKFLOW = githubPublisher(
  ciWorkflow({ repository: 'ultralytics/ultralytics', workflow: '.github/workflows/publish.yml' }),
);
/** By an API token, which leaves nobody's name. */
const TOKEN = null;

/** A release: when, what, by whom. */
type PypiRelease = readonly [at: string, version: string, by: typeof WORKFLOW | null];

/** Plays the releases of a project, of which the last one is locked. */
function stagePypi(name: string, before: string, releases: readonly PypiRelease[], isQuarantined = false): Stage {
  return async (work) => {
    const [at = '', version = ''] = releases.at(-1) ?? [];
    const now = Date.parse(at) + HOUR;
    const lab = await startPypiLab({ now });
    try {
      for (const [time, release, by] of releases) lab.publish({ name, version: release, by, at: Date.parse(time) });
      const lockfiles = { release: lab.uvLock(`${name}@${version}`), before: lab.uvLock(`${name}@${before}`) };
      const quarantine = (): void =>
        lab.tamperProject(name, (document) => ({
          ...document,
          files: [],
          'project-status': { status: 'quarantined' },
        }));
      const takeAway = (): void => {
        lab.behaveWell();
        lab.remove(name, version);
      };
      return await work({
        now,
        audit: (what, change) =>
          auditLocked(
            { pypi: lab.index },
            { file: 'uv.lock', text: lockfiles[what], trustedRoot: lab.trustedRoot },
            { now, ...change },
          ),
        taken: [
          ...(isQuarantined ? [{ act: quarantine, enforce: 'guard' as const, code: REMOVED } as const] : []),
          { act: takeAway, enforce: 'observe', code: UNKNOWN },
        ],
      });
    } finally {
      await lab.close();
    }
  };
}

const FIRST_WAVE: readonly PypiRelease[] = [
  ['2024-11-30T12:00:00Z', '8.3.39', WORKFLOW],
  ['2024-12-02T12:00:00Z', '8.3.40', WORKFLOW],
  ['2024-12-04T20:51:00Z', '8.3.41', WORKFLOW],
  ['2024-12-05T12:47:00Z', '8.3.42', WORKFLOW],
];

export const OF_PYPI: readonly Elsewhere[] = [
  {
    title: 'ultralytics 8.3.42, December 2024, the first wave',
    name: 'ultralytics',
    version: '8.3.42',
    before: '8.3.40',
    published: 'Twice within a day, by the usual workflow, whose cache was poisoned, with valid attestations.',
    stage: stagePypi('ultralytics', '8.3.40', FIRST_WAVE),
    finds: [],
    statuses: [0, 0, 0, 0],
    fails: [],
    policy: [],
    beforeFinds: [0],
    unseen: 'All of it: the attestations are true, and the usual workflow did build it. Only its age could stop it.',
  },
  {
    title: 'ultralytics 8.3.46, December 2024, the second wave',
    name: 'ultralytics',
    version: '8.3.46',
    before: '8.3.44',
    published: 'By hand, twice within an hour, with an API token that was left over; no attestations.',
    stage: stagePypi('ultralytics', '8.3.44', [
      ...FIRST_WAVE.slice(0, 2),
      ['2024-12-05T14:00:00Z', '8.3.43', WORKFLOW],
      ['2024-12-05T18:00:00Z', '8.3.44', WORKFLOW],
      ['2024-12-07T01:41:00Z', '8.3.45', TOKEN],
      ['2024-12-07T02:27:00Z', '8.3.46', TOKEN],
    ]),
    finds: [LOST],
    statuses: [0, 1, 1, 1],
    fails: [LOST],
    policy: [LOST],
    beforeFinds: [0],
    unseen: 'Whose token it was: PyPI names nobody.',
  },
  {
    title: 'litellm 1.82.8, March 2026',
    name: 'litellm',
    version: '1.82.8',
    before: '1.82.6',
    published:
      'Twice within the hour with a stolen token; a `.pth` file that runs at each start; no release ever had attestations.',
    stage: stagePypi(
      'litellm',
      '1.82.6',
      [
        ['2026-03-22T06:00:00Z', '1.82.6', TOKEN],
        ['2026-03-24T10:39:00Z', '1.82.7', TOKEN],
        ['2026-03-24T10:52:00Z', '1.82.8', TOKEN],
      ],
      true,
    ),
    finds: [MISSING],
    statuses: [0, 0, 1, 1],
    fails: [MISSING],
    failsAsBefore: true,
    policy: [],
    beforeFinds: [0, MISSING],
    unseen: 'The `.pth` file: what is in a wheel is hashed, and not read. There were no attestations to lose.',
  },
];
