import type { Instant } from '../../src/model/time.ts';
import { type Behaviour, newBehaviours } from '../behaviours.ts';
import { json, type Answer } from '../registry.ts';
import { answerOf, type LoggedRequest, serve } from '../server.ts';
import { type Sigstore, startSigstore, type TrustedRootJson } from '../sigstore/index.ts';
import type { ProjectJson, ProvenanceJson } from './documents.ts';
import { pylock, requirements, uvLock } from './lockfiles.ts';
import { publishFile, type PublishedFile, type ReleaseSpec } from './publish.ts';

export { githubPublisher, gitlabPublisher, googlePublisher } from './publish.ts';

/** A package index on the loopback interface, with the integrity interface, files, and a Sigstore of its own. */
export interface PypiLab {
  /** With the last slash. */
  readonly url: string;
  /** The address of the simple repository interface. */
  readonly index: string;
  readonly trustedRoot: TrustedRootJson;
  readonly sigstore: Sigstore;
  readonly requests: LoggedRequest[];
  readonly now: () => Instant;
  /** Publishes files of a release, new or there already, and returns those of this call. */
  readonly publish: (spec: ReleaseSpec) => readonly PublishedFile[];
  /** All files of a release. */
  readonly release: (name: string, version: string) => readonly PublishedFile[];
  /** Takes a release away. */
  readonly remove: (name: string, version: string) => void;
  /** Alters the document of a project wherever it is served. */
  readonly tamperProject: (name: string, tamper: (document: ProjectJson) => ProjectJson) => void;
  /** Alters the provenance of a file; null for 404. */
  readonly tamperProvenance: (file: string, tamper: (document: ProvenanceJson) => ProvenanceJson | null) => void;
  /** Text of a uv.lock, a pylock.toml or a requirements.txt, with these releases: `name@version`. */
  readonly uvLock: (...specs: readonly string[]) => string;
  readonly pylock: (...specs: readonly string[]) => string;
  readonly requirements: (...specs: readonly string[]) => string;
  readonly behave: (path: RegExp, behaviour: Behaviour) => void;
  /** Ends all of it. */
  readonly behaveWell: () => void;
  readonly close: () => Promise<void>;
}

const SIMPLE_TYPE = 'application/vnd.pypi.simple.v1+json';
const DEFAULT_NOW = Date.UTC(2026, 3, 1);
const YEAR = 365 * 86_400_000;

export async function startPypiLab({ now = DEFAULT_NOW }: { readonly now?: Instant } = {}): Promise<PypiLab> {
  const sigstore = startSigstore(() => now, { start: now - 10 * YEAR, end: now + 20 * YEAR });
  const published = new Map<string, PublishedFile[]>();
  const projects = new Map<string, (document: ProjectJson) => ProjectJson>();
  const provenances = new Map<string, (document: ProvenanceJson) => ProvenanceJson | null>();
  const behaviours = newBehaviours();
  const requests: LoggedRequest[] = [];

  const projectOf = (name: string): Answer | null => {
    const files = published.get(name);
    if (files === undefined) return null;
    const document: ProjectJson = {
      meta: { 'api-version': '1.4' },
      name,
      versions: [...new Set(files.map(({ version }) => version))],
      files: files.map((file) => file.json),
      'project-status': { status: 'active' },
    };
    return json(projects.get(name)?.(structuredClone(document)) ?? document, SIMPLE_TYPE);
  };
  /** What nobody tampers with is always the same, and made once. */
  const made = new Map<ProvenanceJson, Answer | null>();
  const provenanceOf = (project: string, filename: string): Answer | null => {
    const file = (published.get(project) ?? [...published.values()].flat()).find(
      (one) => one.json.filename === filename,
    );
    const tamper = provenances.get(filename);
    const document = file?.provenance ?? null;
    if (tamper !== undefined) return json(tamper(structuredClone(document ?? EMPTY)));
    if (document === null) return null;
    const answer = made.get(document) ?? json(document);
    made.set(document, answer);
    return answer;
  };
  const bytesOf = (url: string): Answer | null => {
    const file = [...published.values()].flat().find((one) => one.json.url.endsWith(`/${url}`));
    return file === undefined ? null : answerOf('application/octet-stream', file.bytes);
  };
  const server = await serve({
    behaviours,
    requests,
    answer: (path) => {
      const [, project] = /^simple\/([^/]+)\/$/.exec(path) ?? [];
      if (project !== undefined) return projectOf(project);
      const [, of = '', file] = /^integrity\/([^/]+)\/[^/]+\/([^/]+)\/provenance$/.exec(path) ?? [];
      return file === undefined ? bytesOf(path) : provenanceOf(of, file);
    },
  });
  const release = (name: string, version: string): readonly PublishedFile[] =>
    (published.get(name) ?? []).filter((file) => file.version === version);
  const releasesOf = (specs: readonly string[]): readonly (readonly PublishedFile[])[] =>
    specs.map((spec) => {
      const [name = '', version = ''] = spec.split('@');
      return release(name, version);
    });
  const index = `${server.url}simple/`;

  return {
    url: server.url,
    index,
    trustedRoot: sigstore.trustedRoot,
    sigstore,
    requests,
    now: () => now,
    publish: (spec) => {
      const { name, version, files: given } = spec;
      const dist = name.replaceAll('-', '_');
      const files = given ?? [{ name: `${dist}-${version}-py3-none-any.whl` }, { name: `${dist}-${version}.tar.gz` }];
      const lab = { url: server.url, sigstore, now, holders: new Map() };
      const made = files.map((file) => publishFile(spec, file, lab));
      published.set(name, [...(published.get(name) ?? []), ...made]);
      return made;
    },
    release,
    remove: (name, version) => {
      published.set(
        name,
        (published.get(name) ?? []).filter((file) => file.version !== version),
      );
    },
    tamperProject: (name, tamper) => void projects.set(name, tamper),
    tamperProvenance: (file, tamper) => void provenances.set(file, tamper),
    uvLock: (...specs) => uvLock(index, releasesOf(specs)),
    pylock: (...specs) => pylock(index, releasesOf(specs)),
    requirements: (...specs) => requirements(releasesOf(specs)),
    behave: behaviours.add,
    behaveWell: () => {
      behaviours.clear();
      projects.clear();
      provenances.clear();
    },
    close: server.close,
  };
}

const EMPTY: ProvenanceJson = { version: 1, attestation_bundles: [] };
