import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { MAX_PACKUMENT_BYTES } from '../../model/limits.ts';
import type { HttpAnswer, HttpClient } from '../../net/request.ts';
import { parseIntegrity } from '../../lockfiles/index.ts';
import { byteDigests } from '../../model/dependency.ts';
import type { VersionRef } from '../../model/package.ts';
import { escapeText } from '../../report/words/escape.ts';
import { handOn } from '../common/artifact.ts';
import { servedArtifacts, type Decision } from '../common/judge.ts';
import type { Answer, Protocol, Serving } from '../common/protocol.ts';
import { bytesReply, tagged, type GateRequest, type Reply } from '../common/reply.ts';
import { brokenOff, failureOf, type Unanswered } from '../common/unanswered.ts';
import { encodeName } from '../../registries/npm/index.ts';
import { headline, type Refusal } from '../common/refusal.ts';
import { npmFailure, npmRefusal } from './replies.ts';
import { readPath } from './asked.ts';
import { choose, type Choice } from './choose.ts';
import { changedDocument, distOf, manifestIn, readDocument, type Changes, type Document } from './document.ts';

/** Whom the gate asks for npm packages. */
interface NpmUpstream {
  /** Sends the user's credentials where they are configured for, and nowhere else. */
  readonly client: HttpClient;
  /** The address of the registry that serves a package, with its last slash; of the default one without a name. */
  readonly urlFor: (name: string | null) => string;
  /** Whether an address on another host than the registry's may be asked, as a registry's document says. */
  readonly isAllowedAddress: (url: string) => boolean;
}

export interface NpmGateOptions {
  readonly upstream: NpmUpstream;
  /** Whether a client asks the gate for addresses that are the registry's, so that a lockfile keeps those. */
  readonly keepsAddresses: (userAgent: string) => boolean;
}

/** A registry of npm's kind. npm itself keeps the path of an address. */
export function npmProtocol(options: NpmGateOptions): Protocol {
  return { name: 'npm', isAtRoot: true, open: (serving) => answersOf(options, serving) };
}

const FULL = 'application/json';
const ABBREVIATED = 'application/vnd.npm.install-v1+json';
const NO_ADDRESS = 'no registry has such an address';
/** The largest question about advisories: a tree of some ten thousand packages. */
const MAX_QUESTION_BYTES = 16 * 1024 * 1024;
/** What is asked with a body and changes nothing. */
const QUESTIONS = /^-\/npm\/v1\/security\/(?:advisories\/bulk|audits(?:\/quick)?)$/;

function answersOf({ upstream, keepsAddresses }: NpmGateOptions, { judge, record, onAddress }: Serving): Answer {
  /** Those that are remembered, as they were read: a client asks for its document, and then for its tarball. */
  const documents = new WeakMap<Buffer, Document | null>();

  return async (request) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const asked = readPath(request.path);
    if (asked.kind === 'other') return isRead ? passRead(asked, request) : passQuestion(asked.path, request);
    if (!isRead) {
      const what =
        'assay gate only reads: publish, and change tags and owners, at the registry itself, without the gate';
      return npmFailure(405, 'read-only', what);
    }
    switch (asked.kind) {
      case 'document':
        return document(asked.name, request);
      case 'manifest':
        return manifest(asked.name, asked.wanted, request);
      case 'artifact':
        return artifact(asked.name, asked.path, request);
      case 'nothing':
        return npmFailure(404, 'not-found', NO_ADDRESS);
    }
  };

  async function load(name: string, accept: string): Promise<Document | Reply> {
    const path = encodeName(name);
    if (path === null) return npmFailure(404, 'not-found', NO_ADDRESS);
    const answer = await upstream.client.get(upstream.urlFor(name) + path, { accept, maxBytes: MAX_PACKUMENT_BYTES });
    if (answer.kind !== 'ok') return failed(answer, `the document of ${escapeText(name)}`);
    const known = documents.get(answer.body);
    const read = known === undefined ? readDocument(answer.body, name) : known;
    documents.set(answer.body, read);
    return (
      read ?? npmFailure(502, 'evidence-malformed', `what ${hostOf(name)} has of ${escapeText(name)} cannot be read`)
    );
  }

  function hostOf(name: string): string {
    return new URL(upstream.urlFor(name)).host;
  }

  function decide(found: Document, version: string): Promise<Decision> {
    const integrity = distOf(found, version)?.integrity ?? null;
    return judge.decide(refOf(found.name, version), integrity ?? '', () => servedArtifacts(integrity));
  }

  async function chosen(found: Document): Promise<Choice> {
    const { name, versions, distTags } = found;
    const named = judge.namedOf(refOf(name, ''));
    const choice = await choose([...versions.keys()], distTags, named, (version) => decide(found, version));
    for (const refusal of choice.refused.values()) record.hide(refusal);
    return choice;
  }

  function changesFor({ refused, distTags }: Choice, name: string, request: GateRequest): Changes {
    const isKept = keepsAddresses(request.headers['user-agent'] ?? '');
    return {
      refused: new Map([...refused].map(([version, refusal]) => [version, headline(refusal)])),
      distTags,
      addressOf: isKept ? null : (version, tarball) => givenAddress(name, version, tarball, request.base),
    };
  }

  /** Below the gate as the registry's is below the registry; the usual one where it is elsewhere. */
  function givenAddress(name: string, version: string, tarball: string, base: string): string {
    const url = upstream.urlFor(name);
    const given = base + (tarball.startsWith(url) ? tarball.slice(url.length) : usualPath(name, version));
    onAddress(given, tarball);
    return given;
  }

  async function document(name: string, request: GateRequest): Promise<Reply> {
    const isShort = (request.headers['accept'] ?? '').includes(ABBREVIATED);
    const found = await load(name, isShort ? ABBREVIATED : FULL);
    if ('status' in found) return found;
    const choice = await chosen(found);
    if (found.versions.size > 0 && choice.refused.size === found.versions.size) {
      const [first] = choice.refused.values();
      if (first !== undefined) return refuse(first);
    }
    const body = changedDocument(found, changesFor(choice, name, request));
    return tagged(bytesReply(200, isShort ? ABBREVIATED : FULL, body), request);
  }

  async function manifest(name: string, wanted: string, request: GateRequest): Promise<Reply> {
    const found = await load(name, FULL);
    if ('status' in found) return found;
    const choice = await chosen(found);
    const version = Object.hasOwn(choice.distTags, wanted) ? (choice.distTags[wanted] ?? wanted) : wanted;
    const body = manifestIn(found, version, changesFor(choice, name, request).addressOf);
    if (body === null) return npmFailure(404, 'not-found', `${escapeText(name)} has no ${escapeText(wanted)}`);
    const { refusal } = await decide(found, version);
    if (refusal !== null) return refuse(refusal);
    return tagged(bytesReply(200, FULL, body), request);
  }

  async function artifact(name: string, path: string, request: GateRequest): Promise<Reply> {
    const found = await load(name, FULL);
    if ('status' in found) return found;
    const where = placeOf(found, path);
    if (where === null) {
      return npmFailure(404, 'not-found', `no version of ${escapeText(name)} has its tarball at ${escapeText(path)}`);
    }
    const { version, url } = where;
    const decision = await decide(found, version);
    const { refusal, artifacts } = decision;
    if (refusal !== null) return refuse(refusal);
    const ref = refOf(name, version);
    const other = otherThanExpected(request.headers['pacote-integrity'], decision);
    if (other !== null) return refuseFor(ref, 'integrity-mismatch', other);
    if (url === null) {
      const address = escapeText(distOf(found, version)?.tarball ?? '', 160);
      const what = `its tarball is at ${address}, which is not below ${upstream.urlFor(name)}`;
      return refuseFor(ref, 'lockfile-unexpected-host', `${what}; registries.redirects in assay.yml may name it`);
    }
    record.fetch(ref);
    if (request.method === 'HEAD') return bytesReply(200, 'application/octet-stream', Buffer.alloc(0));
    return bytesReply(200, 'application/octet-stream', async (out) => {
      const broken = await handOn(url, byteDigests(artifacts[0]), upstream.client, out);
      return broken === null ? null : refuse(brokenOff(ref, broken, 'its tarball'));
    });
  }

  function refuseFor(version: VersionRef, code: 'integrity-mismatch' | 'lockfile-unexpected-host', why: string): Reply {
    const message = `${escapeText(`${version.name}@${version.version}`, 200)}: ${why}.`;
    return refuse({ version, code, message, help: '' });
  }

  function refuse(refusal: Refusal): Reply {
    record.refuse(refusal);
    return npmRefusal(refusal);
  }

  /** Where a version's tarball is fetched, by the path that was asked for; null where no version has it there. */
  function placeOf(found: Document, path: string): { readonly version: string; readonly url: string | null } | null {
    const base = upstream.urlFor(found.name);
    const plain = withoutPrefix(path, base);
    const guess = versionIn(found.name, plain);
    const candidates = guess !== null && found.versions.has(guess) ? [guess] : [...found.versions.keys()];
    for (const version of candidates) {
      const tarball = distOf(found, version)?.tarball ?? null;
      if (tarball === null || !URL.canParse(tarball)) continue;
      const isBelow = tarball.startsWith(base);
      const isUsual = plain === usualPath(found.name, version);
      if (isBelow && decodedPath(tarball.slice(base.length)) === plain) return { version, url: tarball };
      if (!isUsual) continue;
      if (isBelow || decodedPath(new URL(tarball).pathname.slice(1)) === plain) {
        return { version, url: base + usualPath(found.name, version) };
      }
      return { version, url: upstream.isAllowedAddress(tarball) ? tarball : null };
    }
    return null;
  }

  async function passRead(
    asked: { readonly path: string; readonly name: string | null },
    request: GateRequest,
  ): Promise<Reply> {
    const url = upstream.urlFor(asked.name) + asked.path + request.search;
    const accept = request.headers['accept'] ?? '*/*';
    return passed(await upstream.client.get(url, { accept, maxBytes: MAX_PACKUMENT_BYTES }), asked.path);
  }

  async function passQuestion(path: string, request: GateRequest): Promise<Reply> {
    if (request.method !== 'POST' || !QUESTIONS.test(path)) {
      return npmFailure(
        405,
        'read-only',
        'assay gate only reads: log in and publish at the registry itself, without the gate',
      );
    }
    const body = await request.body();
    const isPacked = request.headers['content-encoding'] === 'gzip';
    const json = (isPacked ? await promisify(gunzip)(body, { maxOutputLength: MAX_QUESTION_BYTES }) : body).toString();
    return passed(
      await upstream.client.get(upstream.urlFor(null) + path, { json, maxBytes: MAX_QUESTION_BYTES }),
      path,
    );
  }
}

function refOf(name: string, version: string): VersionRef {
  return { ecosystem: 'npm', name, version };
}

function usualPath(name: string, version: string): string {
  return `${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

/** The version that a tarball's path names where it is the usual one, or GitHub's. */
function versionIn(name: string, path: string): string | null {
  const before = `${name}/-/${name.slice(name.indexOf('/') + 1)}-`;
  if (path.startsWith(before) && path.endsWith('.tgz')) return path.slice(before.length, -4);
  const [, version] = /^download\/(?:@[^/]+\/)?[^/]+\/([^/]+)\//.exec(path) ?? [];
  return version ?? null;
}

/** npm puts another host before a path and keeps the path, with that of the registry. */
function withoutPrefix(path: string, base: string): string {
  const prefix = decodedPath(new URL(base).pathname.slice(1));
  return prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** npm says which hash it expects of a tarball; null where it is the one that was judged, or none is said. */
function otherThanExpected(expected: string | undefined, { artifacts }: Decision): string | null {
  if (expected === undefined || expected === '') return null;
  const digests = byteDigests(artifacts[0]);
  try {
    const wanted = parseIntegrity(expected);
    const known = wanted.filter(({ algorithm }) => digests.some((one) => one.algorithm === algorithm));
    const isOne = known.some(({ algorithm, hex }) =>
      digests.some((one) => one.algorithm === algorithm && one.hex === hex),
    );
    return known.length === 0 || isOne ? null : 'npm expects other bytes of it than the registry has signed';
  } catch {
    return 'npm expects a hash of it that cannot be read';
  }
}

/** What a registry did not answer is no answer of the gate's, either. */
function failed(answer: Unanswered, what: string): Reply {
  const { status, code, text } = failureOf(answer, what);
  return npmFailure(status, code, text);
}

function passed(answer: HttpAnswer, path: string): Reply {
  if (answer.kind !== 'ok') return failed(answer, escapeText(path, 120));
  return bytesReply(200, answer.headers['content-type'] ?? 'application/json', answer.body);
}
