import { type Behaviour, newBehaviours } from '../behaviours.ts';
import { answerOf, type LoggedRequest, serve } from '../server.ts';
import { newDatabase, type LabDatabase } from './database.ts';
import { h1Of, zipOf } from './zip.ts';

/** What a module version is made of. */
interface ModuleSpec {
  /** By name; go.mod is there in any case. */
  readonly files?: Readonly<Record<string, string>>;
  /** What the proxy says of it beside its version; a time of 2026-01-01 alone where it is left out. */
  readonly info?: object;
  /** False for a version that the proxy has and the database never saw. */
  readonly logged?: boolean;
}

/** A module proxy on the loopback interface, with a checksum database of its own behind it. */
export interface GoLab {
  /** With the last slash. */
  readonly url: string;
  readonly database: LabDatabase;
  /** For GOSUMDB. */
  readonly sumdb: string;
  /** The settings that lead a go command here and nowhere else. */
  readonly env: Readonly<Record<string, string>>;
  readonly requests: LoggedRequest[];
  /** Publishes a module version, and returns its two lines of go.sum. */
  readonly publish: (path: string, version: string, spec?: ModuleSpec) => string;
  /** Serves other bytes for a version from now on, and returns the lines that would be right for them. */
  readonly rewrite: (path: string, version: string, files: Readonly<Record<string, string>>) => string;
  /** Puts so many records of others into the database. */
  readonly grow: (count: number) => void;
  /** What a lookup of a version is answered with, but for what a test does to it. */
  readonly lookup: (path: string, version: string) => string;
  /** Answers with something else, by the decoded path without its leading slash; null for 404. */
  readonly answerWith: (path: string, body: string | Buffer | null) => void;
  readonly behave: (path: RegExp, behaviour: Behaviour) => void;
  /** Ends all of it. */
  readonly behaveWell: () => void;
  readonly close: () => Promise<void>;
}

const NAME = 'sum.lab.example';
const escaped = (text: string): string => text.replace(/[A-Z]/g, (capital) => `!${capital.toLowerCase()}`);

export async function startGoLab(): Promise<GoLab> {
  const database = newDatabase(NAME);
  const files = new Map<string, Buffer>();
  const versions = new Map<string, string[]>();
  const positions = new Map<string, { readonly id: number; readonly record: string }>();
  const replaced = new Map<string, string | Buffer | null>();
  const behaviours = newBehaviours();
  const requests: LoggedRequest[] = [];
  let others = 0;

  const put = (path: string, version: string, given: Readonly<Record<string, string>>, info: object = {}): string => {
    const mod = given['go.mod'] ?? `module ${path}\n`;
    const named = new Map(
      Object.entries({ ...given, 'go.mod': mod }).map(([name, text]) => [`${path}@${version}/${name}`, text]),
    );
    const base = `${escaped(path)}/@v/${escaped(version)}`;
    files.set(`${base}.info`, Buffer.from(JSON.stringify({ Version: version, Time: '2026-01-01T00:00:00Z', ...info })));
    files.set(`${base}.mod`, Buffer.from(mod));
    files.set(`${base}.zip`, zipOf(named));
    return `${path} ${version} ${h1Of(named)}\n${path} ${version}/go.mod ${h1Of(new Map([['go.mod', mod]]))}\n`;
  };
  const lookup = (path: string, version: string): string => {
    const found = positions.get(`${path}@${version}`);
    if (found === undefined) throw new Error(`${path}@${version} is not logged`);
    return `${found.id}\n${found.record}\n${database.head()}`;
  };
  const answer = (path: string): string | Buffer | null => {
    const instead = replaced.get(path);
    if (instead !== undefined) return instead;
    const [, of = '', rest = ''] = /^sumdb\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (of === NAME) {
      if (rest === 'supported') return '';
      if (rest === 'latest') return database.head();
      const [, tile] = /^tile\/8\/(.*)$/.exec(rest) ?? [];
      if (tile !== undefined) return database.tile(tile);
      const [, module = '', version = ''] = /^lookup\/(.*)@(.*)$/.exec(rest) ?? [];
      const plain = (text: string): string => text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return positions.has(`${plain(module)}@${plain(version)}`) ? lookup(plain(module), plain(version)) : null;
    }
    const [, listed] = /^(.*)\/@v\/list$/.exec(path) ?? [];
    if (listed !== undefined)
      return (
        versions
          .get(listed)
          ?.map((one) => `${one}\n`)
          .join('') ?? null
      );
    return files.get(path) ?? null;
  };
  const server = await serve({
    behaviours,
    requests,
    answer: (path) => {
      const body = answer(path);
      return body === null ? null : answerOf('text/plain', Buffer.from(body));
    },
  });
  return {
    url: server.url,
    database,
    sumdb: database.key,
    env: { GOPROXY: server.url.slice(0, -1), GOSUMDB: database.key, GOTOOLCHAIN: 'local' },
    requests,
    publish: (path, version, { files: given = {}, logged = true, info = {} } = {}) => {
      const record = put(path, version, { 'a.go': 'package a\n', ...given }, info);
      versions.set(escaped(path), [...(versions.get(escaped(path)) ?? []), version]);
      if (logged) positions.set(`${path}@${version}`, { id: database.add(record), record });
      return record;
    },
    rewrite: (path, version, given) => put(path, version, given),
    grow: (count) => {
      for (let i = 0; i < count; i += 1) {
        others += 1;
        database.add(`others.example/m${others} v1.0.0 h1:${Buffer.alloc(32, 1).toString('base64')}\n`);
      }
    },
    lookup,
    answerWith: (path, body) => void replaced.set(path, body),
    behave: behaviours.add,
    behaveWell: () => {
      behaviours.clear();
      replaced.clear();
    },
    close: server.close,
  };
}
