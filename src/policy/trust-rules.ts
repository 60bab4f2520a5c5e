import type { InstanceRule, PackSigner, Policy, TufRule } from '../model/policy.ts';
import { formatInstant, parseInstant, type Instant } from '../model/time.ts';
import { STRICT, type Thresholds } from '../model/trust.ts';
import {
  addressOf,
  entriesOf,
  fail,
  fieldsOf,
  hoursOf,
  itemsOf,
  textOf,
  wholeNumberOf,
  wrong,
  type Place,
} from './read.ts';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** The main instance is what the rest of `trust` is about. */
const MAIN = ['public-good', 'own'];
const MAX_INSTANCES = 16;
const MOST = 8;
const SIGNERS = 'mappings with key, or with identity and issuer (and instance)';
const WITNESSES = 'the path of a file with a policy of witnesses';
const TRUST = ['root', 'as-of', 'tuf', 'thresholds', 'instances', 'witness-policy', 'packs', 'max-age'] as const;

type TrustRules = Pick<
  Policy,
  'trustedRoot' | 'tuf' | 'asOf' | 'thresholds' | 'instances' | 'witnessPolicy' | 'packs' | 'maxAge'
>;

/** Reads `trust` of a policy. */
export function trustOf(place: Place | undefined): TrustRules {
  const fields = place === undefined ? {} : fieldsOf(place, TRUST);
  const { root, tuf, thresholds, instances, packs } = fields;
  const maxAge = fields['max-age'];
  const asOf = fields['as-of'];
  const witnesses = fields['witness-policy'];
  if (asOf && !root) fail(asOf, 'as-of says when root was known to be the newest, and there is no root');
  if (thresholds && !root && !tuf) fail(thresholds, 'the thresholds of the public-good instance are fixed');
  return {
    trustedRoot: root ? textOf(root, 'the path of a trusted-root file') : null,
    asOf: asOf ? dateOf(asOf) : null,
    tuf: tuf ? tufOf(tuf) : null,
    thresholds: thresholds ? thresholdsOf(thresholds) : null,
    instances: instances ? instancesOf(instances) : new Map(),
    witnessPolicy: witnesses ? textOf(witnesses, WITNESSES) : null,
    packs: packs ? itemsOf(packs, SIGNERS).map(packSignerOf) : [],
    maxAge: maxAge ? hoursOf(maxAge) : null,
  };
}

function packSignerOf(place: Place): PackSigner {
  const { key, identity, issuer, instance } = fieldsOf(place, ['key', 'identity', 'issuer', 'instance']);
  if (key && !identity && !issuer && !instance)
    return { kind: 'key', file: textOf(key, 'the path of a file with a public key in PEM') };
  if (key || !identity || !issuer)
    return fail(place, 'an entry of packs needs key alone, or identity and issuer (and instance)');
  return {
    kind: 'identity',
    identity: textOf(identity, 'the subject of a certificate, such as the address of a workflow with @ and its ref'),
    issuer: textOf(issuer, 'the https address of an issuer'),
    instance: instance ? instanceNameOf(instance) : null,
  };
}

/** The name of an instance, as `expect` gives it. */
export function instanceNameOf(place: Place): string {
  const accepted = 'the name of a Sigstore instance, such as github';
  const name = textOf(place, accepted);
  return NAME.test(name) ? name : wrong(place, accepted);
}

function instancesOf(place: Place): ReadonlyMap<string, InstanceRule> {
  const entries = [...entriesOf(place, 'a mapping from names of Sigstore instances to their roots')];
  if (entries.length > MAX_INSTANCES) fail(place, `more than ${MAX_INSTANCES} instances`);
  return new Map(
    entries.map(([name, { line, value }]) => {
      const at = { file: place.file, what: `instance ${name}`, node: value };
      if (!NAME.test(name)) fail(at, `${JSON.stringify(name)} is no name of an instance: a-z, 0-9 and -, at most 40`);
      if (MAIN.includes(name)) fail(at, `${name} is the main instance, which root and tuf of trust are about`);
      const fields = fieldsOf(at, ['root', 'tuf', 'thresholds', 'as-of', 'witness-policy']);
      const { root, tuf, thresholds } = fields;
      const asOf = fields['as-of'];
      const witnesses = fields['witness-policy'];
      if (!root && !tuf) return fail(at, `${at.what} needs root, the file with its trusted root, or tuf`);
      if (asOf && !root) return fail(asOf, 'as-of says when root was known to be the newest, and there is no root');
      const rule: InstanceRule = {
        root: root ? textOf(root, 'the path of a trusted-root file') : null,
        tuf: tuf ? tufOf(tuf) : null,
        thresholds: thresholds ? thresholdsOf(thresholds) : null,
        asOf: asOf ? dateOf(asOf) : null,
        witnessPolicy: witnesses ? textOf(witnesses, WITNESSES) : null,
        line,
      };
      return [name, rule];
    }),
  );
}

/** What is not named is as strict as where nothing is said. */
function thresholdsOf(place: Place): Thresholds {
  const { log, sct, time } = fieldsOf(place, ['log', 'sct', 'time']);
  return {
    log: log ? wholeNumberOf(log, 0, MOST) : STRICT.log,
    sct: sct ? wholeNumberOf(sct, 0, MOST) : STRICT.sct,
    // Certificates are valid for minutes: without a time, nothing says that they were.
    time: time ? wholeNumberOf(time, 1, MOST) : STRICT.time,
  };
}

function dateOf(place: Place): Instant {
  const accepted = 'a date such as 2026-01-31';
  const text = textOf(place, accepted);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(`${text}T00:00:00Z`) : null;
  // The thirtieth of February is read as a day in March.
  return time === null || !formatInstant(time).startsWith(text) ? wrong(place, accepted) : time;
}

function tufOf(place: Place): TufRule {
  const { url, folder, root, sha256 } = fieldsOf(place, ['url', 'folder', 'root', 'sha256']);
  const [where, other] = [url ?? folder, url && folder];
  if (other) return fail(other, 'a TUF repository has url or folder, one of the two');
  if (!where || !root) {
    return fail(place, 'a TUF repository needs url or folder, and root, the file that trust in it begins with');
  }
  const accepted = 'the http or https address of a TUF repository, without credentials and query';
  const digest = sha256 ? textOf(sha256, '64 hex digits') : null;
  if (sha256 && digest !== null && !/^[0-9a-f]{64}$/.test(digest)) wrong(sha256, '64 hex digits, in lower case');
  return {
    url: url ? addressOf(url, accepted) : textOf(where, 'the path of a folder'),
    isFolder: url === undefined,
    root: textOf(root, 'the path of a file with TUF root metadata'),
    sha256: digest,
  };
}
