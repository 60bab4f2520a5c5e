import type { Evidence } from '../../model/evidence.ts';
import type { Publisher } from '../../model/history.ts';
import { fieldsOf, isObject } from '../../model/value.ts';
import type { HttpClient } from '../../net/request.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import { ask } from '../evidence-of.ts';
import { plainAddress, type IndexConfig } from './config.ts';

/** What the API says of one version. Nobody signs it. */
export interface PublishedCrate {
  /** SHA-256, hex. */
  readonly checksum: string;
  /** Null where it names nobody, as for versions of before 2019. */
  readonly publisher: Publisher | null;
}

/** What the API at an address says of a crate, by version. */
export interface CratePublishers {
  readonly url: string;
  readonly versions: ReadonlyMap<string, PublishedCrate>;
}

export type AskPublishers = (name: string) => Promise<Evidence<CratePublishers>>;

/** Some KB for each version. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_VERSIONS = 20_000;
/** At most one request a second (https://crates.io/data-access#api). */
const PAUSED: Readonly<Record<string, number>> = { 'crates.io': 1000 };
/** After this many questions in a row without an answer, no more are asked. */
const MAX_UNANSWERED = 3;

/**
 * Asks the web API that config.json of the index at `url` names who published the versions of a crate, each crate once,
 * without credentials. `pauses` are milliseconds between two requests, by host.
 */
export function createPublishers(
  client: HttpClient,
  url: string,
  askConfig: () => Promise<Evidence<IndexConfig>>,
  pauses = PAUSED,
): AskPublishers {
  const asked = new Map<string, Promise<Evidence<CratePublishers>>>();
  let [last, next, unanswered] = [Promise.resolve(), -Infinity, 0];

  const askApi = async (name: string): Promise<Evidence<CratePublishers>> => {
    const config = await askConfig();
    if (config.state !== 'present') return config;
    const { api } = config.value;
    const base = api === null ? null : plainAddress(api);
    if (base === null) {
      const reason = api === null ? 'it names no api' : 'its api is no address';
      return { state: 'malformed', url: `${url}config.json`, reason };
    }
    const address = `${base.href.replace(/\/+$/, '')}/api/v1/crates/${name}/versions`;
    if (unanswered >= MAX_UNANSWERED) {
      return { state: 'unavailable', url: address, reason: 'not asked, as earlier questions had no answer' };
    }
    const pause = client.asOf === undefined ? (pauses[base.hostname] ?? 0) : 0;
    const wait = next - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const answer = await ask(client, address, MAX_BYTES, (json) => parsePublishers(json, name, address));
    next = performance.now() + pause;
    unanswered = answer.state === 'present' ? 0 : unanswered + 1;
    return answer;
  };

  return (name) => {
    const known = asked.get(name);
    if (known !== undefined) return known;
    const answer = last.then(() => askApi(name));
    last = answer.then(() => undefined);
    asked.set(name, answer);
    return answer;
  };
}

/** Reads `GET /api/v1/crates/NAME/versions` (https://crates.io/api/openapi.json), which has all versions at once. */
export function parsePublishers(json: unknown, name: string, url: string): Parsed<CratePublishers> {
  const { versions, meta } = fieldsOf(json);
  if (!Array.isArray(versions)) return { malformed: 'its versions are no list' };
  if (versions.length > MAX_VERSIONS) return { malformed: `more than ${MAX_VERSIONS} versions` };
  if ((fieldsOf(meta)['next_page'] ?? null) !== null) return { malformed: 'it gives only some of the versions' };
  const found = new Map<string, PublishedCrate>();
  const accounts = new Map<string, number>();
  for (const version of versions.map(fieldsOf)) {
    const { crate, num, checksum } = version;
    if (crate !== name) return { malformed: 'it is about another crate' };
    if (typeof num !== 'string') return { malformed: 'a version has no number' };
    if (found.has(num)) return { malformed: 'a version is there twice' };
    if (typeof checksum !== 'string' || !/^[0-9a-f]{64}$/.test(checksum)) {
      return { malformed: 'checksum of a version is no SHA-256 in hex' };
    }
    const publisher = publisherOf(version['published_by'] ?? null, version['trustpub_data'] ?? null, accounts);
    if ('malformed' in publisher) return publisher;
    found.set(num, { checksum, publisher: publisher.value });
  }
  return { value: { url, versions: found } };
}

/** An account of GitHub; bots have brackets. */
const LOGIN = /^[\w.[\]-]{1,64}$/;
const PROVIDER = /^[a-z][a-z0-9-]{0,31}$/;
/** `OWNER/REPOSITORY`, or the path of a project of GitLab. */
const REPOSITORY = /^[\w.-]+(?:\/[\w.-]+){1,20}$/;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** `accounts` has the id of each login: a name that was given up can be taken by somebody else. */
function publisherOf(by: unknown, workflow: unknown, accounts: Map<string, number>): Parsed<Publisher | null> {
  if (by !== null && workflow !== null) return { malformed: 'a version is published by an account and a workflow' };
  if (workflow !== null) return workflowOf(workflow);
  if (by === null) return { value: null };
  const { login, id } = fieldsOf(by);
  if (typeof login !== 'string' || !LOGIN.test(login) || typeof id !== 'number' || !Number.isSafeInteger(id)) {
    return { malformed: 'published_by of a version is no account' };
  }
  const key = login.toLowerCase();
  const first = accounts.get(key) ?? id;
  accounts.set(key, first);
  return { value: { name: first === id ? login : `${login} (account ${id})`, trustedPublisher: null } };
}

/** As cargo-vet writes it, `github:OWNER/REPOSITORY`. */
function workflowOf(data: unknown): Parsed<Publisher> {
  const { provider, repository, project_path: project, sha } = fieldsOf(data);
  const path = repository ?? project;
  if (!isObject(data) || typeof provider !== 'string' || !PROVIDER.test(provider)) {
    return { malformed: 'trustpub_data of a version names no provider' };
  }
  if (typeof path !== 'string' || path.length > 512 || !REPOSITORY.test(path)) {
    return { malformed: 'trustpub_data of a version names no repository' };
  }
  const name = `${provider}:${path}`;
  const commit = typeof sha === 'string' && COMMIT.test(sha) ? { commit: sha } : {};
  return { value: { name, trustedPublisher: name, ...commit } };
}
