import { instancesOf } from '../../../audit/instances.ts';
import type { TrustOptions } from '../../../audit/options.ts';
import type { LogContext } from '../../../logs/context.ts';
import { placesOf, type LogPlace } from '../../../logs/places.ts';
import { VERSION } from '../../../model/version.ts';
import { createHttpClient } from '../../../net/client.ts';
import type { NpmConfig } from '../../../registries/npm/config/npmrc.ts';
import { createPathVerifier } from '../../../sigstore/chain.ts';
import { TrustError } from '../../../audit/trust.ts';
import { parseJson } from '../../../sigstore/json.ts';
import { parseSigningLogs, SIGNING_TARGETS, type SigningLog } from '../../../sigstore/signing-config.ts';
import type { TrustedRoot } from '../../../sigstore/trusted-root.ts';
import { PURPOSE } from '../../../sigstore/x509.ts';
import type { WitnessPolicy } from '../../../tlog/cosignature.ts';
import { Malformed } from '../../../tlog/malformed.ts';
import { UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { loadPolicy, policyFile, type LoadedPolicy } from '../../project/policy.ts';
import { networkConfig } from '../../project/registry.ts';
import { startTrust } from '../../project/trust.ts';
import { loadWitnesses } from '../../trust-files.ts';
import { parseUserJson, readUserFile } from '../../user-files.ts';

/** Logs that can be asked, with what their answers are verified under. */
export interface OpenLogs {
  readonly context: LogContext;
  /** Those that `--log` names, or all of the trusted roots. */
  readonly places: readonly LogPlace[];
  readonly trust: TrustOptions;
  /** Logs that signing configurations name, and no trusted root has a key for. */
  readonly keyless: readonly string[];
  /** What `--witness-policy` or the policy demands; null where nothing is demanded. */
  readonly witnesses: WitnessPolicy | null;
  readonly config: NpmConfig;
  readonly close: () => void;
}

/** Opens the logs of all trusted roots in use. The caller closes them. Throws UsageError. */
export async function openLogs(values: OptionValues, io: Io): Promise<OpenLogs> {
  const named = namedLogs(values);
  const files = signingLogs(values, io);
  const policy = await loadPolicy(values, io.cwd, io);
  const witnesses = witnessPolicy(values, policy, io);
  const config = networkConfig(values, io.cwd, io);
  const session = startTrust(values, policy, config, io, { beside: files.length > 0 ? [] : SIGNING_TARGETS });
  try {
    const trust = await (await session.session).refresh();
    const configured = files.length > 0 ? files : publishedLogs(trust);
    const roots = rootsOf(trust);
    const http = createHttpClient(
      { ...config, userAgent: null },
      { userAgent: userAgent(values), refuseRedirect: () => 'and a log is asked at its own address alone' },
    );
    return {
      context: { http, ...verifiersOf(roots), witnesses: witnesses?.witnesses ?? [] },
      places: placesNamed(roots, named, configured),
      keyless: configured.map(({ name }) => name).filter((name) => roots.tlogs.every((log) => log.name !== name)),
      trust,
      witnesses,
      config,
      close: () => http.close(),
    };
  } finally {
    session.close();
  }
}

/** What the trusted roots of all instances have of logs, and of who signs what is in them. */
type Roots = Pick<TrustedRoot, 'tlogs' | 'certificateAuthorities'>;

function rootsOf(trust: TrustOptions): Roots {
  const roots = instancesOf(trust).map(({ root }) => root());
  return {
    tlogs: roots.flatMap(({ tlogs }) => tlogs),
    certificateAuthorities: roots.flatMap(({ certificateAuthorities }) => certificateAuthorities),
  };
}

function verifiersOf({ certificateAuthorities }: Roots): Pick<LogContext, 'paths'> {
  return { paths: createPathVerifier(certificateAuthorities, PURPOSE.codeSigning) };
}

/** What logs know their readers by: whoever runs a log may have to ask somebody to slow down. */
function userAgent({ contact }: OptionValues): string {
  if (contact !== undefined && !/^[\x21-\x7e]{1,200}$/.test(contact)) {
    throw new UsageError('--contact needs an address or a URL');
  }
  return `assay/${VERSION}${contact === undefined ? '' : ` (${contact})`}`;
}

/** Whether a text is an http or https address without credentials. */
export function isHttp(text: string): boolean {
  if (!/^https?:\/\/[^/@?#]/.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

/** Reads a file that the user named; one that is malformed is theirs to mend. Throws UsageError. */
export function readNamed<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** `--log NAME[=URL]`: which logs, and where they are asked. */
export function namedLogs({ log = [] }: OptionValues): ReadonlyMap<string, string | null> {
  return new Map(
    log.map((text) => {
      const [, name = '', url = null] = /^([^=]+?)(?:=(.*))?$/.exec(text) ?? [];
      if (name === '' || (url !== null && !isHttp(url))) {
        // A password stays out of what CI keeps.
        const shown = text.replace(/\/\/[^/]*@/, '//');
        throw new UsageError(`--log needs the name of a log, or NAME=URL with http or https, not ${shown}`);
      }
      return [name, url];
    }),
  );
}

/** The logs of roots that are named, or all. Throws UsageError for a name that it has not. */
export function placesNamed(
  root: Pick<TrustedRoot, 'tlogs'>,
  named: ReadonlyMap<string, string | null>,
  configured: readonly SigningLog[] = [],
): readonly LogPlace[] {
  const addresses = [...named].filter((entry): entry is [string, string] => entry[1] !== null);
  const places = placesOf(root, new Map(addresses), configured);
  const known = places.map(({ name }) => name);
  for (const name of named.keys()) {
    if (!known.includes(name)) {
      throw new UsageError(`no trusted root in use has a log ${name}; there is ${known.join(', ') || 'none'}`);
    }
  }
  return named.size === 0 ? places : places.filter(({ name }) => named.has(name));
}

function signingLogs({ 'signing-config': files = [] }: OptionValues, io: Io): readonly SigningLog[] {
  const what = 'the signing configuration';
  return files.flatMap((file) =>
    readNamed(file, () => parseSigningLogs(parseUserJson(readUserFile(file, what, io), file, what))),
  );
}

/** What signers are told by the repository that publishes the trusted root. Throws TrustError. */
function publishedLogs({ beside = new Map<string, Buffer>(), rootName }: TrustOptions): readonly SigningLog[] {
  return [...beside].flatMap(([target, bytes]) => {
    try {
      return parseSigningLogs(parseJson(bytes, target));
    } catch (error) {
      if (error instanceof Malformed) throw new TrustError(`${target} of ${rootName} cannot be used: ${error.message}`);
      throw error;
    }
  });
}

function witnessPolicy(
  { 'witness-policy': named }: OptionValues,
  policy: LoadedPolicy | null,
  io: Io,
): WitnessPolicy | null {
  const ofPolicy = policy?.policy.witnessPolicy ?? null;
  const file = named ?? (policy === null || ofPolicy === null ? null : policyFile(policy, ofPolicy, io));
  if (file === null) return null;
  return loadWitnesses(file, io);
}
