import { ciWorkflow } from '../../../lab/index.ts';
import { githubPublisher, type PypiLab } from '../../../lab/pypi/index.ts';
import { OTHER_LOCKFILES } from '../../../lab/pypi/lockfiles.ts';
import { withPypiLab } from '../../support/pypi-lab.ts';
import { auditLocked, type Locked, type Outcome } from '../harness.ts';
import type { Three } from './vector.ts';

const DAY = 86_400_000;
const acme = githubPublisher(ciWorkflow({ repository: 'acme/thing' }));
const mallory = githubPublisher(ciWorkflow({ repository: 'mallory/thing' }));
const [WHEEL, SDIST] = ['thing-1.2.0-py3-none-any.whl', 'thing-1.2.0.tar.gz'];

/** Audits thing 1.2.0 of three attested releases, or what `change` gives, once it did something to the lab. */
function playLocked(change: (lab: PypiLab) => Partial<Locked>): () => Promise<Outcome> {
  return () =>
    withPypiLab((lab) => {
      for (const [i, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) {
        lab.publish({ name: 'thing', version, by: acme, at: lab.now() - (200 - 60 * i) * DAY });
      }
      const changed = change(lab);
      const locked = { file: 'uv.lock', text: lab.uvLock('thing@1.2.0'), trustedRoot: lab.trustedRoot, ...changed };
      return auditLocked({ pypi: lab.index }, locked, { now: lab.now() });
    });
}

/** The same with what was locked. */
function play(touch: (lab: PypiLab) => void = () => undefined): () => Promise<Outcome> {
  return playLocked((lab) => {
    touch(lab);
    return {};
  });
}

const requirements = (lab: PypiLab, before = ''): Partial<Locked> => ({
  file: 'requirements.txt',
  text: `${before}${lab.requirements('thing@1.2.0')}`,
});
const SOURCE = '[[tool.poetry.source]]\nname = "other"\nurl = "https://index.example/simple"\n';

export const OF_PYPI = {
  'integrity-unknown-file': {
    passing: {
      what: 'every hash is one of a file',
      status: 0,
      finds: [],
      play: playLocked((lab) => requirements(lab)),
    },
    failing: {
      what: 'one more hash, any of which pip takes',
      status: 1,
      finds: ['integrity-unknown-file'],
      play: playLocked((lab) => {
        const { text = '', ...file } = requirements(lab);
        return { ...file, text: text.replace(' --hash', ` --hash=sha256:${'ab'.repeat(32)} \\\n    --hash`) };
      }),
    },
    tampered: {
      what: "a wheel of an attacker's host, with a higher build number",
      status: 1,
      finds: ['integrity-unknown-file', 'lockfile-resolved-mismatch'],
      play: playLocked((lab) => {
        const wheel = 'https://files.example/thing-1.2.0-1-py3-none-any.whl';
        const entry = `    { url = "${wheel}", hash = "sha256:${'ab'.repeat(32)}", size = 1 },\n`;
        return { text: lab.uvLock('thing@1.2.0').replace('wheels = [\n', `wheels = [\n${entry}`) };
      }),
    },
  },
  'identity-publisher-disagrees': {
    passing: { what: 'the index names who the certificate names', status: 0, finds: [], play: play() },
    failing: {
      what: 'the index names another workflow',
      status: 1,
      finds: ['identity-publisher-disagrees'],
      play: play((lab) => naming(lab, { workflow: 'other.yml' })),
    },
    tampered: {
      what: 'the index gives the usual name to what somebody else has built',
      status: 1,
      finds: ['identity-publisher-disagrees'],
      play: playLocked((lab) => {
        lab.publish({ name: 'thing', version: '1.3.0', by: { ...mallory, publisher: acme.publisher } });
        return { text: lab.uvLock('thing@1.3.0') };
      }),
    },
  },
  'provenance-inconsistent': {
    passing: { what: 'both files are of one builder', status: 0, finds: [], play: play() },
    failing: {
      what: 'one of the files is of another builder',
      status: 1,
      finds: ['identity-unexpected-repository', 'provenance-inconsistent'],
      play: playLocked((lab) => {
        const files = [{ name: 'thing-1.3.0.tar.gz' }, { name: 'thing-1.3.0-py3-none-any.whl', by: mallory }];
        lab.publish({ name: 'thing', version: '1.3.0', by: acme, files });
        return { text: lab.uvLock('thing@1.3.0') };
      }),
    },
    tampered: {
      what: 'an index that gives the attestations of the one file for the other',
      status: 1,
      finds: ['provenance-subject-mismatch'],
      play: play((lab) => {
        const [other] = lab
          .release('thing', '1.2.0')
          .flatMap(({ json, provenance }) => (json.filename === WHEEL ? (provenance ?? []) : []));
        lab.tamperProvenance(SDIST, () => other ?? null);
      }),
    },
  },
  'provenance-partial': {
    passing: { what: 'every file is attested', status: 0, finds: [], play: play() },
    failing: {
      what: 'one file is not attested',
      status: 1,
      finds: ['provenance-partial'],
      play: playLocked((lab) => {
        const files = [{ name: 'thing-1.3.0.tar.gz' }, { name: 'thing-1.3.0-py3-none-any.whl', by: null }];
        lab.publish({ name: 'thing', version: '1.3.0', by: acme, files });
        return { text: lab.uvLock('thing@1.3.0') };
      }),
    },
    tampered: {
      what: 'an index that says nothing of the attestations of one file',
      status: 1,
      finds: ['provenance-partial'],
      play: play((lab) =>
        lab.tamperProject('thing', (document) => ({
          ...document,
          files: document.files.map((file) => (file.filename === WHEEL ? { ...file, provenance: null } : file)),
        })),
      ),
    },
  },
  'version-removed': {
    passing: { what: 'the release is there', status: 0, finds: [], play: play() },
    failing: {
      what: 'the project is in quarantine, which takes its files away',
      status: 1,
      finds: ['version-removed'],
      play: play((lab) => quarantine(lab, [])),
    },
    tampered: {
      what: 'a mirror that goes on serving the files of a project in quarantine',
      status: 1,
      finds: ['version-removed'],
      play: play((lab) => quarantine(lab, null)),
    },
  },
  'version-yanked': {
    passing: { what: 'the release is not yanked', status: 0, finds: [], play: play() },
    failing: {
      what: 'the release is yanked',
      status: 0,
      finds: ['version-yanked (note)'],
      play: play((lab) => yank(lab, 'breaks on Windows')),
    },
    tampered: {
      what: 'an index that says neither yes nor no, which is no reason to take it',
      status: 0,
      finds: ['version-yanked (note)'],
      play: play((lab) => yank(lab, 1 as never)),
    },
  },
  'history-file-added-late': {
    passing: { what: 'all files came within a day', status: 0, finds: [], play: play() },
    failing: {
      what: 'a wheel for one platform came weeks after the others',
      status: 0,
      finds: ['history-file-added-late'],
      play: play((lab) => {
        const name = 'thing-1.2.0-cp312-cp312-win_amd64.whl';
        lab.publish({ name: 'thing', version: '1.2.0', files: [{ name }], at: lab.now(), by: acme });
      }),
    },
    tampered: {
      what: 'the same, not attested',
      status: 1,
      finds: ['history-file-added-late', 'provenance-partial'],
      play: play((lab) => {
        const name = 'thing-1.2.0-cp312-cp312-win_amd64.whl';
        lab.publish({ name: 'thing', version: '1.2.0', files: [{ name }], at: lab.now(), by: null });
      }),
    },
  },
  'lockfile-index-ambiguous': {
    passing: {
      what: 'requirements of one index',
      status: 0,
      finds: [],
      play: playLocked((lab) => requirements(lab, `--index-url ${lab.index}\n`)),
    },
    failing: {
      what: 'pyproject.toml with a second source for everything',
      status: 0,
      finds: ['lockfile-index-ambiguous'],
      play: playLocked((lab) => ({
        file: 'poetry.lock',
        text: OTHER_LOCKFILES['poetry.lock']([lab.release('thing', '1.2.0')]),
        manifests: new Map([
          ['pyproject.toml', `${SOURCE}\n${SOURCE.replaceAll('other', 'more').replace('index', 'more')}`],
        ]),
      })),
    },
    tampered: {
      what: 'an index more in requirements.txt, where a change may put it',
      status: 0,
      finds: ['lockfile-index-ambiguous'],
      play: playLocked((lab) => requirements(lab, `--extra-index-url https://index.example/simple\n`)),
    },
  },
} as const satisfies Readonly<Record<string, Three>>;

function naming(lab: PypiLab, publisher: Readonly<Record<string, string>>): void {
  lab.tamperProvenance(SDIST, (document) => {
    for (const bundle of document.attestation_bundles) bundle.publisher = { ...bundle.publisher, ...publisher };
    return document;
  });
}

function yank(lab: PypiLab, yanked: string): void {
  lab.tamperProject('thing', (document) => ({
    ...document,
    files: document.files.map((file) => (file.filename.startsWith('thing-1.2.0') ? { ...file, yanked } : file)),
  }));
}

/** With these files; with those of the project where null. */
function quarantine(lab: PypiLab, files: [] | null): void {
  lab.tamperProject('thing', (document) => ({
    ...document,
    files: files ?? document.files,
    'project-status': { status: 'quarantined' },
  }));
}
