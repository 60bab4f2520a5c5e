import { createHash } from 'node:crypto';
import { MAX_PACKUMENT_BYTES } from '../../model/limits.ts';
import { byteDigests, type Digest } from '../../model/dependency.ts';
import type { VersionRef } from '../../model/package.ts';
import type { HttpClient } from '../../net/request.ts';
import { artifactsOf } from '../../registries/pypi/artifacts.ts';
import { FILE_TIMEOUT_MS, MAX_FILE_BYTES, SIMPLE_TYPE } from '../../registries/pypi/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import { handOn } from '../common/artifact.ts';
import { choosing } from '../common/choose.ts';
import type { Decision } from '../common/judge.ts';
import type { Answer, Protocol, Serving } from '../common/protocol.ts';
import type { Refusal } from '../common/refusal.ts';
import { bytesReply, failureReply, refusalReply, tagged, type GateRequest, type Reply } from '../common/reply.ts';
import { brokenOff, failureOf, type Unanswered } from '../common/unanswered.ts';
import { filePath, readPath } from './asked.ts';
import { inHtml, inJson, readDocument, type Changes, type Document, type Listed } from './document.ts';

/** Whom the gate asks for Python packages. */
export interface PypiUpstream {
  /** Sends the user's credentials where they are configured for, and nowhere else. */
  readonly client: HttpClient;
  /** The address of the index that has a project, with its last slash. */
  readonly urlFor: (name: string) => string;
  /** What the index itself is called in a lockfile. */
  readonly writtenFor: (name: string) => string;
}

const HTML_TYPE = 'application/vnd.pypi.simple.v1+html';
const JSON_TYPES = /application\/vnd\.pypi\.simple\.(?:v1|latest)\+json/;
const MAX_METADATA_BYTES = 16 * 1024 * 1024;

/** An index of Python packages (PEP 503, PEP 691), as pip and uv ask it. */
export function pypiProtocol(upstream: PypiUpstream): Protocol {
  return { name: 'pypi', isAtRoot: false, open: (serving) => answersOf(upstream, serving) };
}

function answersOf({ client, urlFor, writtenFor }: PypiUpstream, { judge, record, onAddress }: Serving): Answer {
  /** Those that are remembered, as they were read: a client asks for its document, and then for its files. */
  const documents = new WeakMap<Buffer, ReturnType<typeof readDocument>>();

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failureReply(405, 'read-only', 'assay gate only reads: upload to the index itself, without the gate');
    }
    const asked = readPath(request.path);
    if (asked.kind === 'nothing') return failureReply(404, 'not-found', 'this gate answers no such address');
    const found = await load(asked.name);
    if ('status' in found) return found;
    return asked.kind === 'document' ? document(found, request) : file(found, asked, request);
  };

  async function load(name: string): Promise<Document | Reply> {
    const url = `${urlFor(name)}${name}/`;
    const what = `the document of ${escapeText(name)}`;
    const answer = await client.get(url, { accept: SIMPLE_TYPE, maxBytes: MAX_PACKUMENT_BYTES });
    if (answer.kind !== 'ok') return failed(answer, what);
    const read = documents.get(answer.body) ?? readDocument(answer.body, name, url);
    documents.set(answer.body, read);
    if (!('malformed' in read)) return read;
    return failureReply(502, 'evidence-malformed', `${what} cannot be read: ${escapeText(read.malformed, 200)}`);
  }

  /** By the lockfile's spelling, where that has it. */
  function refOf({ project: { name, spelling } }: Document, version: string): VersionRef {
    const locked = judge.namedOf({ ecosystem: 'pypi', name }).find((one) => spelling(one) === version);
    return { ecosystem: 'pypi', name, version: locked ?? version };
  }

  function decide(found: Document, version: string): Promise<Decision> {
    const files = found.project.versions.get(version)?.files ?? [];
    const said = createHash('sha256');
    for (const { name, sha256 } of files) said.update(`${name} ${sha256 ?? ''}\n`);
    return judge.decide(refOf(found, version), said.digest('base64url'), () => artifactsOf(files));
  }

  async function document(found: Document, request: GateRequest): Promise<Reply> {
    const { project } = found;
    const { name, versions } = project;
    // Installers take what was taken back only where it is named.
    const offered = [...versions.keys()].filter((version) => versions.get(version)?.deprecated === false);
    const { decideHighest, refused } = choosing('pypi', offered, (version) => decide(found, version));
    const named = judge.namedOf({ ecosystem: 'pypi', name }).flatMap((version) => project.spelling(version) ?? []);
    await decideHighest([...new Set(named)]);
    for (const refusal of refused.values()) record.hide(refusal);
    const locked = new Map(
      await Promise.all(named.map(async (version) => [version, (await decide(found, version)).artifacts] as const)),
    );
    const index = new URL('.', `${request.base}simple/x`).href;
    onAddress(index, writtenFor(name));
    onAddress(index.replace(/\/$/, ''), writtenFor(name));
    const changes: Changes = {
      // Of a locked version there is what is locked, and nothing that came later.
      isListed: (one) => {
        const own = locked.get(one.version);
        return !refused.has(one.version) && (own === undefined || digestsOf(one, own) !== null);
      },
      addressOf: (one) => {
        const given = request.base + filePath(name, one.name);
        onAddress(given, one.url ?? given);
        return given;
      },
    };
    const isJson = JSON_TYPES.test(request.headers['accept'] ?? '');
    const body = isJson ? inJson(found, changes) : inHtml(found, changes);
    const isPage = !isJson && !(request.headers['accept'] ?? '').includes(HTML_TYPE);
    return tagged(bytesReply(200, isJson ? SIMPLE_TYPE : isPage ? 'text/html' : HTML_TYPE, body), request);
  }

  async function file(
    found: Document,
    asked: { readonly file: string; readonly isMetadata: boolean },
    request: GateRequest,
  ): Promise<Reply> {
    const one = found.files.get(asked.file);
    const { name } = found.project;
    if (one === undefined || (asked.isMetadata && one.metadata === null)) {
      return failureReply(404, 'not-found', `${escapeText(name)} has no file ${escapeText(asked.file, 120)}`);
    }
    const version = refOf(found, one.version);
    const { refusal, artifacts } = await decide(found, one.version);
    if (refusal !== null) return refuse(refusal);
    const spec = escapeText(`${name}@${version.version}`, 200);
    const digests = digestsOf(one, artifacts);
    if (digests === null) {
      const message = `${spec}: the index has another ${escapeText(one.name, 120)} than was judged.`;
      return refuse({ version, code: 'integrity-mismatch', message, help: '' });
    }
    if (one.url === null) {
      const message = `${spec}: the index names no address of ${escapeText(one.name, 120)}.`;
      return refuse({ version, code: 'evidence-unavailable', message, help: '' });
    }
    const auth = new URL(one.url).origin === new URL(urlFor(name)).origin;
    if (asked.isMetadata) return metadata(one, version, auth, request);
    const [digest] = digests;
    const etag = digest === undefined ? null : `"${digest.hex}"`;
    const headers = etag === null ? {} : { etag };
    record.fetch(version);
    // What a client has kept was these very bytes.
    if (etag !== null && request.headers['if-none-match'] === etag) {
      return { status: 304, headers: { 'cache-control': 'no-cache', ...headers }, body: Buffer.alloc(0) };
    }
    const { url } = one;
    const reply = bytesReply(200, 'application/octet-stream', async (out) => {
      const limits = { auth, maxBytes: MAX_FILE_BYTES, timeoutMs: FILE_TIMEOUT_MS };
      const broken = await handOn(url, digests, client, out, limits);
      return broken === null ? null : refuse(brokenOff(version, broken, escapeText(one.name, 120)));
    });
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }

  /** What a client resolves by must be what the index has a hash of. */
  async function metadata(one: Listed, version: VersionRef, auth: boolean, request: GateRequest): Promise<Reply> {
    const what = `the metadata of ${escapeText(one.name, 120)}`;
    const answer = await client.get(`${one.url ?? ''}.metadata`, { auth, maxBytes: MAX_METADATA_BYTES });
    if (answer.kind !== 'ok') return failed(answer, what);
    const actual = createHash('sha256').update(answer.body).digest('hex');
    if (actual === one.metadata) return tagged(bytesReply(200, 'application/octet-stream', answer.body), request);
    const message = `${escapeText(`${version.name}@${version.version}`, 200)}: ${what} has another hash than the index says.`;
    return refuse({ version, code: 'integrity-mismatch', message, help: '' });
  }

  function refuse(refusal: Refusal): Reply {
    record.refuse(refusal);
    return refusalReply(refusal);
  }
}

function failed(answer: Unanswered, what: string): Reply {
  const { status, code, text } = failureOf(answer, what);
  return failureReply(status, code, text);
}

/** What the bytes of a file must hash to, empty where nobody says; null where it is none of what was judged. */
function digestsOf({ name, sha256 }: Listed, artifacts: Decision['artifacts']): readonly Digest[] | null {
  const all = artifacts.map((one) => ({ file: one.file, digests: byteDigests(one) }));
  const same = all.find(({ digests }) =>
    digests.some(({ algorithm, hex }) => algorithm === 'sha256' && hex === sha256),
  );
  if (same !== undefined) return same.digests;
  // Nobody has a hash of it: where that is let through, all of it is unproven.
  return sha256 === null
    ? (all.find(({ file, digests }) => file === name && digests.length === 0)?.digests ?? null)
    : null;
}
