import { PYPI_INDEX } from '../../../ecosystems/conventions/pypi-files.ts';
import { basicAuthorization, type Credential } from '../../../net/credentials.ts';
import { withoutCredentials } from '../../../model/address.ts';
import { LockfileError } from '../../../readers/error.ts';

/** Which index answers for which project: addresses with the last slash, without credentials. */
export interface Indexes {
  readonly default: string;
  /** By normalised name: projects that are asked for at an index of their own. */
  readonly explicit: ReadonlyMap<string, string>;
  /** Of each address, what names it, as people find it: "UV_DEFAULT_INDEX", "uv.toml:3 (index own)", "default". */
  readonly namedBy: ReadonlyMap<string, string>;
}

/** The indexes that an installer is told of. */
export interface IndexSettings extends Indexes {
  /** User names and passwords that stood in the addresses, each for its host alone. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** The default one as a lockfile of uv has it: as it is written, without credentials. */
  readonly written: string;
}

/** An index that a setting names. */
export interface Named {
  readonly url: string;
  /** The setting, for people. */
  readonly by: string;
}

/**
 * The settings with this default and these further indexes, each of which would answer for any project. Throws
 * `LockfileError` where there is one: which of them a file comes from is then not said by anybody.
 */
export function settingsOf(
  named: Named | null,
  further: readonly Named[],
  explicit: ReadonlyMap<string, Named> = new Map(),
): IndexSettings {
  const credentials = new Map<string, Credential>();
  const index = named ?? { url: PYPI_INDEX, by: 'default' };
  const address = addressOf(index, credentials);
  for (const one of further) {
    const other = addressOf(one, credentials);
    if (other === address) continue;
    throw new LockfileError(
      one.by,
      null,
      `names ${other} beside ${address}, and either may answer for a package: have one index serve both, or with uv name this one explicit and the packages that are from it in tool.uv.sources`,
    );
  }
  const own = [...explicit].map(([name, one]) => [name, addressOf(one, credentials), one.by] as const);
  return {
    default: address,
    explicit: new Map(own.map(([name, at]) => [name, at])),
    namedBy: new Map([...own.map(([, at, by]) => [at, by] as const), [address, index.by]]),
    credentials,
    written: named === null ? PYPI_INDEX.replace(/\/$/, '') : withoutCredentials(index.url),
  };
}

/** A file with the line in which something stands first; the file alone where that is not found. */
export function placeIn(path: string, text: string, wanted: RegExp): string {
  const line = text.split(/\r\n|\r|\n/).findIndex((one) => wanted.test(one)) + 1;
  return line === 0 ? path : `${path}:${line}`;
}

/** An address without its credentials, which are kept for its host alone. */
function addressOf({ url: text, by }: Named, credentials: Map<string, Credential>): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new LockfileError(by, null, 'names an index that is no http or https address, which assay does not read');
  }
  if (url.username !== '' || url.password !== '') {
    const authorization = basicAuthorization(decoded(url.username), decoded(url.password));
    credentials.set(`//${url.host}/`, { authorization, certificate: null, ofProject: false });
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/*$/, '/')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
