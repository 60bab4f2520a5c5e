import { describe, expect, it } from 'vitest';
import { asksPublisher, checkCommit, withPublishers } from '../../src/checks/cargo/publishers.ts';
import { openPublishers } from '../../src/ecosystems/cargo/publishers.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import type { History } from '../../src/model/history.ts';
import { NO_EXPECTATION } from '../../src/model/policy.ts';
import type { HttpClient } from '../../src/net/request.ts';
import type { IndexConfig } from '../../src/registries/crates/config.ts';
import { parseIndexFile } from '../../src/registries/crates/index-file.ts';
import { cratesIndex } from '../../src/registries/crates/index.ts';
import { createPublishers, parsePublishers } from '../../src/registries/crates/publishers.ts';

const NOW = Date.UTC(2026, 10, 30);
const DAY = 86_400_000;
const SUM = 'ab'.repeat(32);
const SHA = '5a'.repeat(20);

const version = (more: object = {}): object => ({
  ...{ crate: 'alpha', num: '1.0.0', checksum: SUM, published_by: { id: 7, login: 'maintainer' }, trustpub_data: null },
  ...more,
});
const trusted = (data: object): object => version({ published_by: null, trustpub_data: data });
const read = (...versions: readonly object[]) => parsePublishers({ versions }, 'alpha', 'u');
const nameOf = (one: object) => {
  const parsed = read(one);
  return 'value' in parsed ? parsed.value.versions.get('1.0.0')?.publisher : parsed.malformed;
};

describe('what the API says of who published a crate', () => {
  it('is an account, or a repository whose workflow did, or nobody', () => {
    expect(nameOf(version())).toEqual({ name: 'maintainer', trustedPublisher: null });
    expect(nameOf(version({ published_by: null }))).toBeNull();
    expect(nameOf(trusted({ provider: 'github', repository: 'o/r', run_id: '1', sha: SHA }))).toEqual({
      ...{ name: 'github:o/r', trustedPublisher: 'github:o/r', commit: SHA },
    });
    expect(nameOf(trusted({ provider: 'gitlab', project_path: 'a/b/c', job_id: '1', sha: 'x' }))).toEqual({
      ...{ name: 'gitlab:a/b/c', trustedPublisher: 'gitlab:a/b/c' },
    });
  });

  it('tells two accounts apart that had one name after each other', () => {
    const other = version({ num: '1.0.1', published_by: { id: 8, login: 'Maintainer' } });
    const parsed = read(version(), other);
    const names = 'value' in parsed ? [...parsed.value.versions.values()].map((one) => one.publisher?.name) : [];
    expect(names).toEqual(['maintainer', 'Maintainer (account 8)']);
  });

  it.each([
    [version({ crate: 'beta' }), 'another crate'],
    [version({ crate: 'Alpha' }), 'another crate'],
    [version({ num: 1 }), 'no number'],
    [version({ checksum: SUM.toUpperCase() }), 'no SHA-256'],
    [version({ checksum: undefined }), 'no SHA-256'],
    [version({ published_by: 'maintainer' }), 'no account'],
    [version({ published_by: { login: 'maintainer' } }), 'no account'],
    [version({ published_by: { login: 'main\u001b[2Jtainer', id: 7 } }), 'no account'],
    [version({ published_by: { login: 'github:o/r', id: 7 } }), 'no account'],
    [version({ trustpub_data: { provider: 'github', repository: 'o/r' } }), 'an account and a workflow'],
    [trusted({ provider: 'Git Hub', repository: 'o/r' }), 'no provider'],
    [trusted({ provider: 'github' }), 'no repository'],
    [trusted({ provider: 'github', repository: 'o/r\n' }), 'no repository'],
    [trusted([]), 'no provider'],
  ])('refuses %j', (one, problem) => expect(nameOf(one)).toContain(problem));

  it('refuses a version twice, a part of all, and what is no answer', () => {
    expect(read(version(), version())).toEqual({ malformed: 'a version is there twice' });
    const part = { versions: [version()], meta: { total: 2, next_page: '?seek=x' } };
    expect(parsePublishers(part, 'alpha', 'u')).toEqual({ malformed: 'it gives only some of the versions' });
    const many = { versions: Array.from({ length: 20_001 }, () => version()) };
    expect(parsePublishers(many, 'alpha', 'u')).toEqual({ malformed: 'more than 20000 versions' });
    for (const json of [null, [], {}, { versions: {} }]) {
      expect(parsePublishers(json, 'alpha', 'u')).toEqual({ malformed: 'its versions are no list' });
    }
  });
});

const at = (days: number): string => new Date(NOW - days * DAY).toISOString();
const historyOf = (...lines: readonly object[]): History => {
  const base = { name: 'alpha', vers: '1.0.0', deps: [], cksum: SUM, features: {}, yanked: false, pubtime: at(1) };
  const body = lines.map((line) => `${JSON.stringify({ ...base, ...line })}\n`).join('');
  const parsed = parseIndexFile(Buffer.from(body), 'alpha');
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.value;
};
const said = (...versions: readonly object[]) => {
  const parsed = read(...versions);
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.value.versions;
};

describe('the history of a crate with its publishers', () => {
  it('has them only where the API has each version of the index, with the same checksum', () => {
    const history = historyOf({}, { vers: '1.1.0' });
    const [one, two] = [version(), version({ num: '1.1.0', published_by: null })];
    const joined = withPublishers(history, said(one, two, version({ num: '9.0.0' })));
    const names = 'value' in joined ? [...joined.value.versions.keys()] : [];
    expect(names).toEqual(['1.0.0', '1.1.0']);
    expect('value' in joined && joined.value.versions.get('1.0.0')?.publisher?.name).toBe('maintainer');
    expect(withPublishers(history, said(one))).toEqual({ malformed: 'it leaves out 1.1.0, which the index has' });
    const other = version({ num: '1.1.0', checksum: 'cd'.repeat(32) });
    expect(withPublishers(history, said(one, other))).toEqual({
      malformed: 'its checksum of 1.1.0 is not that of the index',
    });
  });

  const uncovered = { state: 'uncovered' as const, findings: [] };
  const inBaseline = { state: 'known' as const, findings: [] };
  it.each([
    ['without a baseline, of the last week', {}, null, 6.9, true],
    ['without a baseline, older', {}, null, 7.1, false],
    ['not in the baseline', {}, uncovered, 900, true],
    ['in the baseline', {}, inBaseline, 1, false],
    ['that the policy makes it decide about', { publisher: true }, inBaseline, 900, true],
  ])('is asked for of a version %s: %j', (_, expectation, baseline, days, is) => {
    const known = { expectation: { ...NO_EXPECTATION, ...expectation }, baseline };
    expect(asksPublisher({ version: '1.0.0' }, known, historyOf({ pubtime: at(days) }), NOW)).toBe(is);
    expect(asksPublisher({ version: '2.0.0' }, known, historyOf({ pubtime: at(days) }), NOW)).toBe(false);
  });

  it('is not asked for without a time', () => {
    const known = { expectation: NO_EXPECTATION, baseline: null };
    expect(asksPublisher({ version: '1.0.0' }, known, historyOf({ pubtime: undefined }), NOW)).toBe(false);
  });
});

describe('the commit that cargo packed', () => {
  it.each([
    [{ git: { sha1: SHA }, path_in_vcs: '' }, null],
    [{ git: { sha1: '00'.repeat(20) } }, '00'.repeat(20)],
    [{ git: { sha1: 'x'.repeat(1000) } }, 'x'.repeat(128)],
    [{ git: {} }, null],
    [{}, null],
    [[], null],
  ])('%j', (file, other) => {
    const found = checkCommit(Buffer.from(JSON.stringify(file)), SHA);
    expect(found?.args ?? null).toEqual(other === null ? null : { field: 'commit', registry: SHA, tarball: other });
    if (found !== null) expect(found.kind).toBe('anomaly');
  });

  it('is unknown where the file is none', () => expect(checkCommit(Buffer.from('{'), SHA)).toBeNull());
});

/** Answers by address, and tells when each was asked. */
function clientOf(answers: Readonly<Record<string, unknown>>) {
  const asked: { readonly url: string; readonly at: number }[] = [];
  const client: HttpClient = {
    get: (url) => {
      asked.push({ url, at: performance.now() });
      const json = answers[url];
      if (json === undefined) return Promise.resolve({ kind: 'absent' });
      const body = Buffer.from(JSON.stringify(json));
      return Promise.resolve({ kind: 'ok', status: 200, body, headers: {} });
    },
    close: () => undefined,
  };
  return { client, asked };
}

const configOf = (api: string | null) => (): Promise<Evidence<IndexConfig>> =>
  Promise.resolve({ state: 'present', value: { dl: null, isPrivate: false, api } });

describe('the questions to the API', () => {
  const address = (name: string): string => `https://api.example/api/v1/crates/${name}/versions`;

  it('are one after the other, as far apart as its host wants it, and one for each crate', async () => {
    const { client, asked } = clientOf(
      Object.fromEntries(['a', 'b', 'c'].map((name) => [address(name), { versions: [] }])),
    );
    const ask = createPublishers(client, 'i', configOf('https://api.example/'), { 'api.example': 60 });
    const answers = await Promise.all(['a', 'b', 'a', 'c'].map(ask));
    expect(answers.map(({ state }) => state)).toEqual(['present', 'present', 'present', 'present']);
    expect(asked.map(({ url }) => url)).toEqual(['a', 'b', 'c'].map(address));
    const pauses = asked.slice(1).map(({ at: time }, i) => time - (asked[i]?.at ?? 0));
    for (const pause of pauses) expect(pause).toBeGreaterThan(55);
  });

  it('wait for nobody where the answers were given before', async () => {
    const { client } = clientOf({ [address('a')]: { versions: [] }, [address('b')]: { versions: [] } });
    const replayed = { ...client, asOf: NOW };
    const ask = createPublishers(replayed, 'i', configOf('https://api.example'), { 'api.example': 60_000 });
    expect((await Promise.all(['a', 'b'].map(ask))).map(({ state }) => state)).toEqual(['present', 'present']);
  });

  it('end after three without an answer', async () => {
    const { client, asked } = clientOf({});
    const ask = createPublishers(client, 'i', configOf('https://api.example'), {});
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask));
    expect(answers.map(({ state }) => state)).toEqual(['absent', 'absent', 'absent', 'unavailable', 'unavailable']);
    expect(asked.length).toBe(3);
  });

  it.each([null, 'ftp://api.example', 'https://user:word@api.example', 'x'])('go to no %j', async (api) => {
    const { client, asked } = clientOf({});
    expect(await createPublishers(client, 'i/', configOf(api))('a')).toMatchObject({
      ...{ state: 'malformed', url: 'i/config.json' },
    });
    expect(asked).toEqual([]);
  });
});

describe('what was answered', () => {
  it('is kept for ever: only a version that it lacks, or with another checksum, is asked for', async () => {
    const kept = new Map<string, Buffer>();
    const store = {
      get: (id: string): Buffer | null => kept.get(id) ?? null,
      put: (id: string, value: Buffer): void => void kept.set(id, value),
    };
    const index = 'https://index.example/';
    const api = 'https://api.example/api/v1/crates/alpha/versions';
    const ofConfig = { [`${index}config.json`]: { dl: 'x', api: 'https://api.example' } };
    const workflow = trusted({ provider: 'github', repository: 'o/r', sha: SHA });
    const run = async (history: History, ...versions: readonly object[]) => {
      const { client, asked } = clientOf({ ...ofConfig, ...(versions.length > 0 && { [api]: { versions } }) });
      const publishers = openPublishers(
        cratesIndex({ client, api: client }, index, () => undefined),
        store,
      );
      const { state } = await publishers.join(history);
      return { state, publishers, asks: asked.some(({ url }) => url === api) };
    };
    expect(await run(historyOf({}), workflow)).toMatchObject({ state: 'present', asks: true });
    const again = await run(historyOf({}));
    expect(again).toMatchObject({ state: 'present', asks: false });
    expect(again.publishers.known('alpha', '1.0.0', SUM)?.commit).toBe(SHA);
    expect(again.publishers.known('alpha', '1.0.0', 'cd'.repeat(32))).toBeNull();
    const more = historyOf({}, { vers: '1.1.0' });
    expect(await run(more)).toMatchObject({ state: 'absent', asks: true });
    expect(await run(more, workflow)).toMatchObject({ state: 'malformed', asks: true });
    expect(await run(more, workflow, version({ num: '1.1.0' }))).toMatchObject({ state: 'present', asks: true });
    expect(await run(more)).toMatchObject({ state: 'present', asks: false });
    expect(await run(historyOf({ cksum: 'cd'.repeat(32) }))).toMatchObject({ asks: true });
  });
});
