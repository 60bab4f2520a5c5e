import { createHash } from 'node:crypto';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { withoutCredentials } from '../../model/address.ts';
import type { Evidence, Validator } from '../../model/evidence.ts';
import * as bounds from '../../model/limits.ts';
import type { FileAttestation, HashedFile, IndexFile, IndexProject } from '../../model/pypi-index.ts';
import type { Instant } from '../../model/time.ts';
import { createLimiter } from '../../net/limiter.ts';
import { createLru } from '../../net/lru.ts';
import type { HttpClient, Sink } from '../../net/request.ts';
import { createDocuments } from '../documents.ts';
import { evidenceOf, parseJson, withoutBody } from '../evidence-of.ts';
import type { Indexes } from './config/indexes.ts';
import { parseProvenance } from './provenance.ts';
import { parseProject } from './simple.ts';

/**
 * Package indexes that speak the simple repository interface in JSON. Every answer is evidence: nothing here rejects,
 * and nothing is verified. Asking twice for the same document in one run asks the network once.
 */
export interface PypiIndex {
  /** The base address for a project, without credentials, with the last slash. */
  readonly urlFor: (name: string) => string;
  /** What names an address that is asked, for people. */
  readonly namedBy: (address: string) => string;
  readonly project: (name: string) => Promise<Evidence<IndexProject>>;
  /** Whether the document of a project still is what it was: the renewed validator, or null for anything else. */
  readonly revalidate: (name: string, validator: Validator, now: Instant) => Promise<Validator | null>;
  /** The attestations of a file that the index says has some. */
  readonly attestations: (
    name: string,
    version: string,
    file: IndexFile,
  ) => Promise<Evidence<readonly FileAttestation[]>>;
  /** The hash of what is served for a file, from where the index has it; nothing of it is kept. */
  readonly hash: (name: string, file: IndexFile) => Promise<Evidence<HashedFile>>;
  /** The same with its bytes, of at most so many. */
  readonly read: (name: string, file: IndexFile, maxBytes: number) => Promise<Evidence<ReadFile>>;
  readonly close: () => void;
}

/** JSON of the simple repository interface, and of the integrity interface behind it. */
export const SIMPLE_TYPE = 'application/vnd.pypi.simple.v1+json';
const INTEGRITY_TYPE = 'application/vnd.pypi.integrity.v1+json';

const FILES_AT_ONCE = 8;
/** PyPI takes wheels of some GiB from projects that ask for it; a file is hashed as it comes. */
export const MAX_FILE_BYTES = 4 * 1024 ** 3;
export const FILE_TIMEOUT_MS = 600_000;

/** A file with its bytes. */
interface ReadFile extends HashedFile {
  readonly bytes: Buffer;
}

export function pypiIndex(client: HttpClient, { default: index, explicit, namedBy }: Indexes): PypiIndex {
  const projects = createDocuments<IndexProject>(client, {
    accept: SIMPLE_TYPE,
    maxBytes: bounds.MAX_PACKUMENT_BYTES,
    kept: bounds.PACKUMENTS_KEPT,
    read: parseProject,
  });
  const attested = createLru<Promise<Evidence<readonly FileAttestation[]>>>(bounds.ANSWERS_KEPT);
  const atOnce = createLimiter(FILES_AT_ONCE);
  const urlFor = (name: string): string => explicit.get(name) ?? index;
  const fetched = (
    name: string,
    { name: file, url }: IndexFile,
    maxBytes: number,
    look: Look,
  ): ReturnType<typeof fetchFile> =>
    url === null
      ? Promise.resolve({ state: 'unavailable', url: urlFor(name), reason: `it names no address of ${file}` })
      : atOnce(() => fetchFile(client, url, urlFor(name), maxBytes, look));
  const isName = (name: string): boolean =>
    conventionsOf('pypi').names.isName(name) && conventionsOf('pypi').names.normalise(name) === name;

  return {
    urlFor,
    namedBy: (address) => namedBy.get(address) ?? 'default',
    project: (name) =>
      isName(name) ? projects.ask(`${urlFor(name)}${name}/`, name) : Promise.resolve(notAName(urlFor(name))),
    revalidate: (name, validator, now) =>
      isName(name) ? projects.revalidate(`${urlFor(name)}${name}/`, name, validator, now) : Promise.resolve(null),
    attestations: (name, version, file) => {
      const base = urlFor(name);
      const url = provenanceAddress(base, name, version, file);
      if (url === null) {
        const reason = 'names another host for provenance, which is not asked';
        return Promise.resolve({ state: 'unavailable', url: base, reason });
      }
      return attested.get(url, async () => {
        const answer = await client.get(url, { accept: INTEGRITY_TYPE, maxBytes: bounds.MAX_ATTESTATIONS_BYTES });
        return evidenceOf(answer, url, bounds.MAX_ATTESTATIONS_BYTES, (body) => parseJson(body, parseProvenance));
      });
    },
    hash: (name, file) => fetched(name, file, MAX_FILE_BYTES, () => undefined),
    read: async (name, file, maxBytes) => {
      let chunks: Buffer[] = [];
      const answer = await fetched(name, file, maxBytes, (chunk) => {
        if (chunk === null) chunks = [];
        else chunks.push(Buffer.from(chunk));
      });
      return answer.state === 'present'
        ? { ...answer, value: { ...answer.value, bytes: Buffer.concat(chunks) } }
        : answer;
    },
    close: () => client.close(),
  };
}

/** Shown each piece of a file as it comes; null where it begins anew. */
type Look = (chunk: Uint8Array | null) => void;

/** Credentials are those of the index, and go to no other origin that it names. */
async function fetchFile(
  client: HttpClient,
  url: string,
  index: string,
  maxBytes: number,
  look: Look,
): Promise<Evidence<HashedFile>> {
  let [hash, size] = [createHash('sha256'), 0];
  const sink = (): Sink => {
    // Another attempt starts anew.
    [hash, size] = [createHash('sha256'), 0];
    look(null);
    return {
      write: (chunk) => {
        hash.update(chunk);
        size += chunk.length;
        look(chunk);
        return Promise.resolve();
      },
    };
  };
  const auth = new URL(url).origin === new URL(index).origin;
  const answer = await client.get(url, { maxBytes, timeoutMs: FILE_TIMEOUT_MS, auth, sink });
  if (answer.kind !== 'ok') return withoutBody(answer, withoutCredentials(url), maxBytes);
  return { state: 'present', value: { sha256: hash.digest('hex'), size } };
}

/**
 * Where the provenance of a file is asked for. What the index names is unsigned and leads to no other host: then it is
 * the address that PyPI's integrity interface has beside its index; null where the index is not named as PyPI's is.
 */
function provenanceAddress(
  base: string,
  name: string,
  version: string,
  { provenance, name: file }: IndexFile,
): string | null {
  if (provenance !== null && URL.canParse(provenance, base)) {
    const named = new URL(provenance, base);
    if (named.origin === new URL(base).origin && named.username === '' && named.password === '') return named.href;
  }
  const root = /^(.*\/)simple\/$/.exec(base)?.[1];
  if (root === undefined) return null;
  return `${root}integrity/${[name, version, file].map(encodeURIComponent).join('/')}/provenance`;
}

function notAName(url: string): Evidence<never> {
  return { state: 'malformed', url, reason: 'not a name that an index can have' };
}
