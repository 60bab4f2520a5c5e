import { createPublicKey } from 'node:crypto';
import type { RegistryKey } from '../model/evidence.ts';
import { STRICT, type Thresholds } from '../model/trust.ts';
import { digestOf } from '../readers/digest.ts';
import { parseKeysDocument } from '../registries/npm/keys.ts';
import { impossibleDemand, pinnedInstanceOf, sharedAuthority, type Instance } from '../sigstore/instance.ts';
import { parseRootFile } from '../sigstore/root-file.ts';
import type { TrustedRoot } from '../sigstore/trusted-root.ts';
import { parseWitnessPolicy, type WitnessPolicy } from '../tlog/cosignature.ts';
import { Malformed } from '../sigstore/refusal.ts';
import type { ManagedKey } from '../sigstore/verify.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { readUserFile, parseUserJson, messageOf } from './user-files.ts';

/** An instance whose root was read from a file. */
export interface FileInstance extends Instance {
  readonly trusted: TrustedRoot;
}

/**
 * The instances whose roots are in a file. One that is the public-good instance's or GitHub's has its name and
 * thresholds; another one has `name` and what is stated, else the strict thresholds. Throws UsageError with one line.
 */
export function loadInstances(
  path: string,
  { name, stated }: { readonly name: string; readonly stated: Thresholds | null },
  io: Io,
): readonly [FileInstance, ...FileInstance[]] {
  const bytes = readUserFile(path, 'the trusted root', io);
  const digest = digestOf(bytes);
  try {
    const roots = parseRootFile(bytes);
    const [first, ...others] = roots.map((trusted, i): FileInstance => {
      const pinned = pinnedInstanceOf(trusted);
      const own = roots.length === 1 ? name : `${name}-${i + 1}`;
      const thresholds = pinned?.thresholds ?? stated ?? STRICT;
      const wrong = impossibleDemand(trusted, thresholds);
      if (wrong !== null) throw new Error(`it ${wrong}; state what its bundles show (${STATE_IT})`);
      return {
        name: pinned?.name ?? own,
        thresholds,
        root: () => trusted,
        digest: roots.length === 1 ? digest : digestOf(Buffer.from(JSON.stringify(trusted.source))),
        trusted,
      };
    });
    if (first === undefined) throw new Error('it is empty');
    const isFixed = [first, ...others].every(({ trusted }) => pinnedInstanceOf(trusted) !== null);
    if (stated !== null && isFixed) throw new Error(`the thresholds of ${first.name} are fixed`);
    demandApart([first, ...others]);
    return [first, ...others];
  } catch (error) {
    throw new UsageError(`the trusted root ${path} cannot be used: ${messageOf(error)}`);
  }
}

/** How a root is used that names fewer than the strict thresholds demand. */
export const STATE_IT = '--thresholds log=0,sct=0,time=1 or thresholds: in assay.yml';

/** The witnesses that a file demands (C2SP tlog-policy). Throws UsageError with one line. */
export function loadWitnesses(path: string, io: Io): WitnessPolicy {
  try {
    return parseWitnessPolicy(readUserFile(path, 'the policy of witnesses', io).toString('utf8'));
  } catch (error) {
    if (error instanceof Malformed) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Throws UsageError where two instances have a name or a certificate authority in common. */
export function demandApart(instances: readonly Instance[]): void {
  for (const [i, one] of instances.entries()) {
    for (const other of instances.slice(0, i)) {
      if (other.name === one.name) throw new UsageError(`there are two Sigstore instances ${one.name}`);
      const shared = sharedAuthority(one.root(), other.root());
      if (shared === null) continue;
      throw new UsageError(
        `the instances ${other.name} and ${one.name} have a certificate authority in common (${shared}), ` +
          'so that it would be chance by whose thresholds a bundle is judged: name that root once, as an instance of the ' +
          'policy or with --trusted-root',
      );
    }
  }
}

/** What `--thresholds` states: log=0,sct=0,time=1, in any order; what is left out is 1. Throws UsageError. */
export function statedThresholds(text: string | undefined): Thresholds | null {
  if (text === undefined) return null;
  const stated: Partial<Record<keyof Thresholds, number>> = {};
  for (const part of text.split(',')) {
    const [, name, digit] = /^(log|sct|time)=([0-8])$/.exec(part) ?? [];
    const isKnown = name === 'log' || name === 'sct' || name === 'time';
    if (!isKnown || stated[name] !== undefined || (name === 'time' && digit === '0')) {
      throw new UsageError(`--thresholds takes log=N,sct=N,time=N, with N up to 8 and time at least 1, not ${text}`);
    }
    stated[name] = Number(digit);
  }
  return { ...STRICT, ...stated };
}

/** The keys of a keys document the user named. Throws UsageError with one line. */
export function loadKeys(path: string, io: Io): readonly RegistryKey[] {
  const json = parseUserJson(readUserFile(path, 'the registry keys', io), path, 'the registry keys');
  try {
    return parseKeysDocument(json, 'configured');
  } catch (error) {
    throw new UsageError(`the registry keys ${path} cannot be used: ${messageOf(error)}`);
  }
}

/**
 * The user's key stands for whatever hint the bundle gives: naming the key is the user's decision, not the bundle's.
 * Throws UsageError with one line.
 */
export function userKey(path: string, io: Io): ManagedKey {
  const pem = readUserFile(path, 'the key', io);
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
    return { hint: null, spki, start: -Infinity, end: null };
  } catch {
    throw new UsageError(`the key ${path} is not a PEM public key`);
  }
}
