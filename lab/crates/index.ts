import { createHash } from 'node:crypto';
import { type Behaviour, newBehaviours } from '../behaviours.ts';
import { answerOf, type LoggedRequest, serve } from '../server.ts';
import { packTarball } from '../tarball.ts';

/** What a version of a crate is made of. */
interface CrateSpec {
  /** By name; Cargo.toml and src/lib.rs are there in any case. */
  readonly files?: Readonly<Record<string, string>>;
  /** Name to requirement. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** RFC 3339; null for a line without it. */
  readonly published?: string | null;
  readonly yanked?: boolean;
  /** Who published it, as the API says: an account, or the commit of a repository that a workflow built. */
  readonly publisher?: LabPublisher;
}

type LabPublisher =
  { readonly login: string; readonly id: number } | { readonly repository: string; readonly sha: string };

/** A version in an answer of the API (https://crates.io/api/openapi.json), as far as it is played. */
interface ApiVersion {
  readonly crate: string;
  readonly num: string;
  readonly checksum: string;
  readonly published_by: object | null;
  readonly trustpub_data: object | null;
}

/** A line of the index, as it is served. */
interface IndexLine {
  readonly name: string;
  readonly vers: string;
  readonly deps: readonly object[];
  readonly cksum: string;
  readonly features: object;
  readonly yanked: boolean;
  readonly pubtime?: string;
}

/** A sparse index on the loopback interface, with the files and the web API that it names. */
export interface CratesLab {
  /** With the last slash. */
  readonly url: string;
  readonly requests: LoggedRequest[];
  /** Lines of a .cargo/config.toml that lead Cargo here and nowhere else. */
  readonly config: string;
  /** Publishes a version, and returns the SHA-256 of its .crate file in hex. */
  readonly publish: (name: string, version: string, spec?: CrateSpec) => string;
  /** Serves other bytes for a version from now on, with the checksum that is right for them. */
  readonly rewrite: (name: string, version: string, files: Readonly<Record<string, string>>) => string;
  /** The lines of a crate, as they are now. */
  readonly published: (name: string) => readonly IndexLine[];
  readonly yank: (name: string, ...versions: readonly string[]) => void;
  /** Takes a version away, as the team of crates.io does with malware. */
  readonly remove: (name: string, version: string) => void;
  /** Serves the lines of a crate as `tamper` makes them. */
  readonly tamper: (name: string, tamper: (lines: readonly IndexLine[]) => readonly object[]) => void;
  /** Answers who published the versions of a crate as `tamper` makes it of them. */
  readonly tamperApi: (name: string, tamper: (versions: readonly ApiVersion[]) => unknown) => void;
  readonly behave: (path: RegExp, behaviour: Behaviour) => void;
  readonly close: () => Promise<void>;
}

/**
 * `token` is demanded of every question to the index, as `Bearer TOKEN`; null where none is. config.json says so where
 * `isPrivate` is true: then Cargo gives it for files, too.
 */
export async function startCratesLab(token: string | null = null, isPrivate = false): Promise<CratesLab> {
  const lines = new Map<string, IndexLine[]>();
  /** Names of crates by the places of their files. */
  const places = new Map<string, string>();
  /** Texts of what nobody tampers with: each change makes another list. */
  const texts = new WeakMap<readonly IndexLine[], string>();
  const files = new Map<string, Buffer>();
  const tampered = new Map<string, (lines: readonly IndexLine[]) => readonly object[]>();
  const publishers = new Map<string, LabPublisher>();
  const tamperedApi = new Map<string, (versions: readonly ApiVersion[]) => unknown>();
  const behaviours = newBehaviours();
  const requests: LoggedRequest[] = [];

  const answerOfApi = (name: string): string | null => {
    const versions = lines.get(name)?.map(({ vers, cksum }): ApiVersion => {
      const by = publishers.get(`${name} ${vers}`) ?? { login: 'lab-owner', id: 1 };
      const trusted = 'repository' in by ? { provider: 'github', run_id: '1', ...by } : null;
      const account = 'login' in by ? { ...by, name: null, avatar: null, url: '' } : null;
      return { crate: name, num: vers, checksum: cksum, published_by: account, trustpub_data: trusted };
    });
    if (versions === undefined) return null;
    const meta = { total: versions.length, next_page: null };
    return JSON.stringify(tamperedApi.get(name)?.(versions) ?? { versions, meta });
  };
  const answer = (path: string): string | Buffer | null => {
    if (path === 'config.json')
      return JSON.stringify({ dl: `${server.url}crates`, api: server.url, 'auth-required': isPrivate });
    const [, name = '', version = ''] = /^crates\/([^/]+)\/([^/]+)\/download$/.exec(path) ?? [];
    if (name !== '') return files.get(`${name} ${version}`) ?? null;
    const [, listed = ''] = /^api\/v1\/crates\/([^/]+)\/versions$/.exec(path) ?? [];
    if (listed !== '') return answerOfApi(listed);
    const crate = places.get(path);
    const own = crate === undefined ? undefined : lines.get(crate);
    if (crate === undefined || own === undefined) return null;
    const tamper = tampered.get(crate);
    if (tamper !== undefined) return textOf(tamper(own));
    const text = texts.get(own) ?? textOf(own);
    texts.set(own, text);
    return text;
  };
  const server = await serve({
    behaviours,
    requests,
    requireToken: token,
    answer: (path) => {
      const body = answer(path);
      return body === null ? null : answerOf('text/plain', Buffer.from(body));
    },
  });

  const pack = (name: string, version: string, { files: own = {}, dependencies = {} }: CrateSpec): string => {
    const asked = Object.entries(dependencies).map(([one, requirement]) => `${one} = "${requirement}"\n`);
    const manifest = `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n\n[dependencies]\n${asked.join('')}`;
    const all = { 'Cargo.toml': manifest, 'src/lib.rs': '', ...own };
    const bytes = packTarball(all, `${name}-${version}`);
    files.set(`${name} ${version}`, bytes);
    return createHash('sha256').update(bytes).digest('hex');
  };
  const change = (name: string, version: string, by: (line: IndexLine) => IndexLine): void => {
    lines.set(
      name,
      (lines.get(name) ?? []).map((line) => (line.vers === version ? by(line) : line)),
    );
  };

  return {
    url: server.url,
    requests,
    config: `[source.crates-io]\nreplace-with = "lab"\n\n[source.lab]\nregistry = "sparse+${server.url}"\n`,
    publish: (name, version, spec = {}) => {
      const cksum = pack(name, version, spec);
      if (spec.publisher !== undefined) publishers.set(`${name} ${version}`, spec.publisher);
      const { dependencies = {}, published = '2024-01-01T00:00:00Z', yanked = false } = spec;
      const deps = Object.entries(dependencies).map(([one, req]) => ({
        ...{ name: one, req, features: [], optional: false, default_features: true, target: null, kind: 'normal' },
      }));
      const time = published === null ? {} : { pubtime: published };
      const line = { name, vers: version, deps, cksum, features: {}, yanked, ...time };
      lines.set(name, [...(lines.get(name) ?? []), line]);
      places.set(placeOf(name), name);
      return cksum;
    },
    rewrite: (name, version, own) => {
      const cksum = pack(name, version, { files: own });
      change(name, version, (line) => ({ ...line, cksum }));
      return cksum;
    },
    published: (name) => lines.get(name) ?? [],
    yank: (name, ...versions) => {
      for (const version of versions) change(name, version, (line) => ({ ...line, yanked: true }));
    },
    remove: (name, version) => {
      lines.set(
        name,
        (lines.get(name) ?? []).filter(({ vers }) => vers !== version),
      );
    },
    tamper: (name, tamper) => void tampered.set(name, tamper),
    tamperApi: (name, tamper) => void tamperedApi.set(name, tamper),
    behave: behaviours.add,
    close: server.close,
  };
}

function textOf(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function placeOf(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length < 3) return `${lower.length}/${lower}`;
  return lower.length === 3 ? `3/${lower[0] ?? ''}/${lower}` : `${lower.slice(0, 2)}/${lower.slice(2, 4)}/${lower}`;
}
