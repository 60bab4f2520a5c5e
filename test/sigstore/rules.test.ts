import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKey, npmKeyId } from '../../lab/sigstore/keys.ts';
import type { CertificateIdentity } from '../../lab/sigstore/fulcio.ts';
import { matchesIdentity } from '../../src/sigstore/identity-policy.ts';
import { thresholdsOf } from '../../src/sigstore/instance.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { createVerifier, type ManagedKey, type VerifierOptions } from '../../src/sigstore/verify.ts';
import { ARTIFACT, LAB_NOW, newSigstore, outcome, proofOf, replaceAt, STATEMENT, WORKFLOW } from './support.ts';

const HOUR = 3_600_000;
const sigstore = newSigstore();
const as = { identity: WORKFLOW };

function run(bundle: unknown, options: Partial<VerifierOptions> = {}, now = LAB_NOW, artifact?: Uint8Array): string {
  const verifier = createVerifier({ root: parseTrustedRoot(sigstore.trustedRoot), ...options });
  const result = verifier.verify(bundle, { now, ...(artifact === undefined ? {} : { artifact: { bytes: artifact } }) });
  return outcome(result).split(':')[0] ?? '';
}

/** The lab's root with one value replaced. */
function rootWith(path: (string | number)[], value: unknown): Pick<VerifierOptions, 'root'> {
  return { root: parseTrustedRoot(replaceAt<unknown>(sigstore.trustedRoot, path, () => value)) };
}

const at = (instant: number): string => new Date(instant).toISOString();

describe('intervals are closed, and every one counts', () => {
  const v1 = sigstore.signStatement(STATEMENT, as);
  const v2 = sigstore.signStatement(STATEMENT, as, { log: 'v2' });
  const log = (index: number, end: number): Pick<VerifierOptions, 'root'> =>
    rootWith(['tlogs', index, 'publicKey', 'validFor', 'end'], at(end));

  it.each([
    ['the key of a Rekor v1 log', v1, (end: number) => log(0, end), 'log-time'],
    ['the key of a Rekor v2 log, by the timestamp', v2, (end: number) => log(1, end), 'log-time'],
    [
      'the certificate authority',
      v1,
      (end: number) => rootWith(['certificateAuthorities', 0, 'validFor', 'end'], at(end)),
      'certificate-validity',
    ],
    [
      'the certificate-transparency log',
      v1,
      (end: number) => rootWith(['ctlogs', 0, 'publicKey', 'validFor', 'end'], at(end)),
      'sct',
    ],
    [
      'the timestamp authority',
      v2,
      (end: number) => rootWith(['timestampAuthorities', 0, 'validFor', 'end'], at(end)),
      'timestamp',
    ],
  ])('%s', (_, bundle, options, reason) => {
    expect(run(bundle, options(LAB_NOW))).toBe('ok');
    expect(run(bundle, options(LAB_NOW - 1000))).toBe(reason);
  });

  it.each([
    ['a log', v1],
    ['an authority', v2],
  ])('of a time that %s has and this machine has not reached, its clock is at fault', (_, bundle) => {
    for (const behind of [0, HOUR / 6]) expect(run(bundle, {}, LAB_NOW - behind)).toBe('ok');
    for (const behind of [HOUR / 6 + 1, HOUR / 4, 8 * HOUR, LAB_NOW]) {
      expect(run(bundle, {}, LAB_NOW - behind)).toBe('clock');
    }
    expect(run(bundle, {}, LAB_NOW + 8 * HOUR)).toBe('ok');
  });

  it.each([
    ['signature', ['dsseEnvelope', 'signatures', 0, 'sig'], 'log-entry-mismatch'],
    ['promise', ['verificationMaterial', 'tlogEntries', 0, 'inclusionPromise', 'signedEntryTimestamp'], 'log-promise'],
    ['time', ['verificationMaterial', 'tlogEntries', 0, 'integratedTime'], 'log-promise'],
  ] as const)('a changed %s is named before a clock that is behind', (_, path, reason) => {
    const other = sigstore.signStatement(STATEMENT, as, { at: LAB_NOW + HOUR });
    const value = [...path].reduce<unknown>((json, key) => (json as Record<string | number, unknown>)[key], other);
    expect(
      run(
        replaceAt<unknown>(v1, [...path], () => value),
        {},
        LAB_NOW - 8 * HOUR,
      ),
    ).toBe(reason);
  });

  it('a log that was not in use at a time to come is no matter of the clock', () => {
    const at = LAB_NOW + 8 * HOUR;
    const later = sigstore.signStatement(STATEMENT, as, { at });
    expect(run(later)).toBe('clock');
    expect(run(later, log(0, at - 1000))).toBe('log-time');
  });

  it('a certificate that expired before the verified time', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { certificate: { lifetimeMs: -1000 } });
    expect(run(bundle)).toBe('certificate-validity');
  });

  it('a key is judged at the verified time, not now', () => {
    const key = newKey('P-256');
    const hint = npmKeyId(key);
    const bundle = sigstore.signStatement(STATEMENT, { key, hint });
    const managed = (start: number, end: number | null): { keys: ManagedKey[] } => ({
      keys: [{ hint, spki: key.spki.toString('base64'), start, end }],
    });
    expect(run(bundle, managed(LAB_NOW, LAB_NOW), LAB_NOW + HOUR)).toBe('ok');
    expect(run(bundle, managed(LAB_NOW - HOUR, LAB_NOW - 1), LAB_NOW + HOUR)).toBe('key-validity');
    expect(run(bundle, managed(LAB_NOW + 1, null), LAB_NOW + HOUR)).toBe('key-validity');
    expect(run(bundle)).toBe('key-unknown');
    const other = newKey('P-256');
    expect(run(bundle, { keys: [{ hint, spki: other.spki.toString('base64'), start: 0, end: null }] })).toBe(
      'log-entry-mismatch',
    );
    expect(run(bundle, { keys: [{ hint: null, spki: key.spki.toString('base64'), start: 0, end: null }] })).toBe('ok');
  });
});

describe('a key that signs without a certificate', () => {
  const key = newKey('P-256');
  const hint = npmKeyId(key);
  const spki = key.spki.toString('base64');
  const byHand: ManagedKey[] = [{ hint: null, spki, start: -Infinity, end: null }];
  const byName: ManagedKey[] = [{ hint, spki, start: 0, end: null }];
  const signed = (named: string): unknown => sigstore.signStatement(STATEMENT, { key, hint: named });
  const withKeyId = (bundle: unknown, keyid: unknown): unknown =>
    replaceAt(bundle, ['dsseEnvelope', 'signatures', 0, 'keyid'], () => keyid);

  it('needs no name in the envelope where it was chosen by hand, and one where it is found by its name', () => {
    for (const keyid of [undefined, null, '']) {
      expect(run(withKeyId(signed(hint), keyid), { keys: byHand })).toBe('ok');
      expect(run(withKeyId(signed(hint), keyid), { keys: byName })).toBe('envelope');
    }
    expect(run(signed(hint), { keys: byName })).toBe('ok');
    expect(run(signed(''), { keys: byHand })).toBe('ok');
    expect(run(withKeyId(signed(''), hint), { keys: byHand })).toBe('ok');
    expect(run(withKeyId(signed(''), hint), { keys: byName })).toBe('envelope');
    expect(run(signed(''), { keys: byName })).toBe('key-unknown');
  });

  it('is not the one where two names differ, whoever chose it', () => {
    expect(run(withKeyId(signed(hint), 'another'), { keys: byHand })).toBe('envelope');
    expect(run(withKeyId(signed('another'), hint), { keys: byName })).toBe('envelope');
  });

  it('is named by itself and not by a hint that anybody may write', () => {
    const verifier = createVerifier({ root: parseTrustedRoot(sigstore.trustedRoot), keys: byHand });
    const { signer } = proofOf(verifier.verify(signed('of somebody else'), { now: LAB_NOW }));
    expect(signer).toEqual({ kind: 'key', keyId: createHash('sha256').update(key.spki).digest('base64') });
  });

  it('signs once, and signs messages too', () => {
    const signatures = ['dsseEnvelope', 'signatures'];
    const twice = replaceAt(signed(hint), signatures, (value) => [value, value].flat());
    expect(run(twice, { keys: byHand })).toBe('bundle-malformed');
    for (const named of [hint, '', 'another']) {
      const message = sigstore.signMessage(ARTIFACT, { key, hint: named });
      expect(run(message, { keys: byHand }, LAB_NOW, ARTIFACT)).toBe('ok');
      expect(run(message, { keys: byHand }, LAB_NOW, Buffer.from('another'))).not.toBe('ok');
    }
    const other = sigstore.signMessage(ARTIFACT, { key: newKey('P-256'), hint });
    expect(run(other, { keys: byHand }, LAB_NOW, ARTIFACT)).not.toBe('ok');
  });

  describe('and a log entry without a signed time', () => {
    const promise = ['verificationMaterial', 'tlogEntries', 0, 'inclusionPromise'];
    const untimed = replaceAt(signed(hint), promise, () => undefined);
    const period: ManagedKey[] = [{ hint: null, spki, start: LAB_NOW - HOUR, end: LAB_NOW + HOUR }];

    it('hold together where the key is always valid', () => {
      expect(run(untimed, { keys: byHand })).toBe('ok');
      expect(run(untimed, { keys: byName })).toBe('ok');
      expect(
        run(sigstore.signStatement(STATEMENT, { key, hint }, { log: 'v2', timestamps: 0 }), { keys: byHand }),
      ).toBe('ok');
    });

    it('do not where the key has a period, or might be one that has', () => {
      expect(run(untimed, { keys: period })).toBe('time-missing');
      expect(run(untimed, { keys: [{ hint: null, spki, start: LAB_NOW - HOUR, end: null }] })).toBe('time-missing');
      expect(run(untimed, { keys: [...byHand, ...period] })).toBe('time-missing');
      expect(run(signed(hint), { keys: period })).toBe('ok');
    });

    it('do not where the log is not in use any more', () => {
      const end = ['tlogs', 0, 'publicKey', 'validFor', 'end'];
      expect(run(untimed, { keys: byHand, ...rootWith(end, at(LAB_NOW - 1000)) })).toBe('log-time');
    });

    it('do not without the entry: a signature alone shows nothing that a log or an authority saw', () => {
      const alone = sigstore.signStatement(STATEMENT, { key, hint }, { log: [], timestamps: 0 });
      expect(run(alone, { keys: byHand })).toBe('log-missing');
      expect(run(alone, { keys: byHand, thresholds: { log: 0 } })).toBe('time-missing');
      const stamped = sigstore.signStatement(STATEMENT, { key, hint }, { log: [], timestamps: 1 });
      expect(run(stamped, { keys: byHand, thresholds: { log: 0 } })).toBe('ok');
    });
  });
});

describe('what is demanded is fixed, whatever of a trusted root is listed and understood', () => {
  const OF_TOMORROW = 'PKIX_OF_TOMORROW';
  type RootJson = typeof sigstore.trustedRoot;
  const under = (change: (root: RootJson) => void): Pick<VerifierOptions, 'root' | 'thresholds'> => {
    const json = structuredClone(sigstore.trustedRoot);
    change(json);
    const root = parseTrustedRoot(json);
    return { root, thresholds: thresholdsOf(root) };
  };
  const tomorrow = (log: RootJson['tlogs'][number] | undefined): void => {
    if (log !== undefined) log.publicKey.keyDetails = OF_TOMORROW;
  };
  const v1 = sigstore.signStatement(STATEMENT, as);
  const stamped = sigstore.signStatement(STATEMENT, as, { log: [], timestamps: 1 });
  const both = sigstore.signStatement(STATEMENT, as, { log: ['v1', 'v2'], timestamps: 1 });

  it('no log of which is understood', () => {
    const root = under(({ tlogs }) => tlogs.forEach(tomorrow));
    expect(run(stamped, root)).toBe('log-missing');
    expect(run(both, root)).toBe('log-unknown');
    const hashed = under(({ tlogs }) => tlogs.forEach((log) => (log.hashAlgorithm = 'SHA3_256')));
    expect(run(stamped, hashed)).toBe('log-missing');
  });

  it('one log of which is understood', () => {
    const root = under(({ tlogs: [first] }) => tomorrow(first));
    expect(run(v1, root)).toBe('log-unknown');
    expect(run(both, root)).toBe('ok');
    expect(run(stamped, root)).toBe('log-missing');
  });

  it('no certificate log, or one of two', () => {
    expect(
      run(
        v1,
        under(({ ctlogs }) => ctlogs.forEach(tomorrow)),
      ),
    ).toBe('sct');
    const added = under((root) => {
      root.ctlogs = [...structuredClone(root.ctlogs), ...root.ctlogs];
      tomorrow(root.ctlogs[0]);
    });
    expect(run(v1, added)).toBe('ok');
  });

  it('no timestamp authority, or one of two', () => {
    const chain = (root: RootJson): { rawBytes: string }[] =>
      root.timestampAuthorities[0]?.certChain.certificates ?? [];
    const withOther = (raw: string): string => {
      // ecdsa-with-SHA256 becomes an algorithm of the same arc that nobody has given out.
      const known = Buffer.from('06082a8648ce3d040302', 'hex');
      const der = Buffer.from(raw, 'base64').toString('latin1');
      return Buffer.from(
        der.replaceAll(known.toString('latin1'), known.toString('latin1').slice(0, -1) + '\x7e'),
        'latin1',
      ).toString('base64');
    };
    const unknown = (root: RootJson): void => {
      for (const each of chain(root)) each.rawBytes = withOther(each.rawBytes);
    };
    const v2 = sigstore.signStatement(STATEMENT, as, { log: 'v2', timestamps: 1 });
    expect(run(v2, under(unknown))).toBe('timestamp');
    expect(run(stamped, { ...under((root) => (unknown(root), (root.tlogs = []))), thresholds: { log: 0 } })).toBe(
      'timestamp',
    );
    expect(run(v1, under(unknown))).toBe('ok');
    const added = under((root) => {
      root.timestampAuthorities = [...structuredClone(root.timestampAuthorities), ...root.timestampAuthorities];
      unknown(root);
    });
    expect(run(v2, added)).toBe('ok');
  });

  it('none at all demands no less: only what somebody states does', () => {
    const none = under((root) => void Object.assign(root, { tlogs: [], ctlogs: [] }));
    const stated = { ...none, thresholds: { log: 0, sct: 0, time: 1 } };
    expect(run(stamped, none)).toBe('log-missing');
    expect(run(both, none)).toBe('log-unknown');
    expect(run(stamped, stated)).toBe('ok');
    expect(run(sigstore.signStatement(STATEMENT, as, { log: [], timestamps: 0 }), stated)).toBe('time-missing');
    const neither = under((root) => void Object.assign(root, { tlogs: [], ctlogs: [], timestampAuthorities: [] }));
    for (const bundle of [v1, stamped, both]) {
      expect(run(bundle, { ...neither, thresholds: stated.thresholds })).toBe('time-missing');
    }
  });
});

describe('thresholds', () => {
  const both = sigstore.signStatement(STATEMENT, as, { log: ['v1', 'v2'], timestamps: 1 });

  it('count distinct logs', () => {
    expect(run(both, { thresholds: { log: 2 } })).toBe('ok');
    expect(run(both, { thresholds: { log: 3 } })).toBe('log-missing');
    const same = sigstore.signStatement(STATEMENT, as, { log: ['v1', 'v1'] });
    expect(run(same, { thresholds: { log: 1 } })).toBe('ok');
    expect(run(same, { thresholds: { log: 2 } })).toBe('log-missing');
  });

  it('count logs of one operator once', () => {
    const operated = ['tlogs', 0, 'operator'];
    const root = replaceAt<unknown>(sigstore.trustedRoot, operated, () => 'lab.test');
    const one = parseTrustedRoot(replaceAt(root, ['tlogs', 1, 'operator'], () => 'lab.test'));
    const two = parseTrustedRoot(replaceAt(root, ['tlogs', 1, 'operator'], () => 'other.test'));
    expect(run(both, { root: one, thresholds: { log: 2 } })).toBe('log-missing');
    expect(run(both, { root: two, thresholds: { log: 2 } })).toBe('ok');
  });

  it('count distinct sources of time', () => {
    expect(run(both, { thresholds: { time: 2 } })).toBe('ok');
    const stamped = sigstore.signStatement(STATEMENT, as, { log: 'v2', timestamps: 2 });
    expect(run(stamped, { thresholds: { time: 1 } })).toBe('ok');
    expect(run(stamped, { thresholds: { time: 2 } })).toBe('time-missing');
  });

  it('count distinct certificate-transparency logs', () => {
    const twice = sigstore.signStatement(STATEMENT, as, { certificate: { scts: ['valid', 'valid'] } });
    expect(run(twice, { thresholds: { sct: 1 } })).toBe('ok');
    expect(run(twice, { thresholds: { sct: 2 } })).toBe('sct');
  });

  it('an SCT of an unknown log does not count; one that a known log did not sign is refused', () => {
    const scts = (...kinds: ('valid' | 'invalid' | 'unknown-log')[]): string =>
      run(sigstore.signStatement(STATEMENT, as, { certificate: { scts: kinds } }));
    expect(scts()).toBe('sct');
    expect(scts('unknown-log')).toBe('sct');
    expect(scts('unknown-log', 'valid')).toBe('ok');
    expect(scts('valid', 'invalid')).toBe('sct');
  });

  it('Rekor v2 gives no time: without a timestamp there is none', () => {
    expect(run(sigstore.signStatement(STATEMENT, as, { log: 'v2', timestamps: 0 }))).toBe('time-missing');
  });

  it('integrated time without a promise is nobody’s word', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { version: '0.3' });
    const path = ['verificationMaterial', 'tlogEntries', 0, 'inclusionPromise'];
    expect(run(replaceAt<unknown>(bundle, path, () => undefined))).toBe('time-missing');
  });
});

describe('what belongs together', () => {
  const one = sigstore.signStatement(STATEMENT, as);
  const two = sigstore.signStatement(STATEMENT, as);
  const take = (path: (string | number)[]): unknown => {
    let value: unknown = two;
    for (const key of path) value = (value as Record<string | number, unknown>)[key];
    return value;
  };

  it.each([
    [['verificationMaterial', 'certificate'], 'log-entry-mismatch'],
    [['verificationMaterial', 'tlogEntries'], 'log-entry-mismatch'],
    [['dsseEnvelope', 'signatures'], 'log-entry-mismatch'],
    [['verificationMaterial', 'tlogEntries', 0, 'inclusionPromise'], 'log-promise'],
    [['verificationMaterial', 'tlogEntries', 0, 'inclusionProof'], 'log-inclusion'],
    [['verificationMaterial', 'tlogEntries', 0, 'inclusionProof', 'checkpoint'], 'log-checkpoint'],
  ] as const)('%j of another bundle by the same signer: %s', (path, reason) => {
    expect(run(one)).toBe('ok');
    expect(run(replaceAt<unknown>(one, path, () => take([...path])))).toBe(reason);
  });

  it('a checkpoint of the instance’s other log', () => {
    const both = sigstore.signStatement(STATEMENT, as, { log: ['v1', 'v2'] });
    const [, v2] = both.verificationMaterial.tlogEntries;
    const path = ['verificationMaterial', 'tlogEntries', 0, 'inclusionProof', 'checkpoint'];
    expect(run(replaceAt<unknown>(both, path, () => v2?.inclusionProof?.checkpoint))).toBe('log-checkpoint');
  });

  it('a timestamp over another signature', () => {
    const stamped = sigstore.signStatement(STATEMENT, as, { log: 'v2' });
    const other = sigstore.signStatement(STATEMENT, as, { log: 'v2' });
    const path = ['verificationMaterial', 'timestampVerificationData'];
    expect(run(replaceAt<unknown>(stamped, path, () => other.verificationMaterial.timestampVerificationData))).toBe(
      'timestamp',
    );
  });

  it('bundles, certificates and timestamps of another instance', () => {
    const foreign = newSigstore();
    expect(run(foreign.signStatement(STATEMENT, as))).toBe('log-unknown');
    expect(run(sigstore.signStatement(STATEMENT, as, { fulcio: foreign.fulcio }))).toBe('certificate-chain');
    expect(run(foreign.signStatement(STATEMENT, as, { log: 'v2' }))).toBe('timestamp');
  });

  it('signs only what the certificate allows', () => {
    for (const usage of ['time-stamping', 'none'] as const) {
      expect(run(sigstore.signStatement(STATEMENT, as, { certificate: { usage } }))).toBe('certificate-usage');
    }
  });

  it('the envelope names the key the bundle names', () => {
    const key = newKey('P-256');
    const keys = [{ hint: null, spki: key.spki.toString('base64'), start: 0, end: null }];
    const bundle = sigstore.signStatement(STATEMENT, { key, hint: 'a key' });
    expect(run(bundle, { keys })).toBe('ok');
    expect(
      run(
        replaceAt<unknown>(bundle, ['dsseEnvelope', 'signatures', 0, 'keyid'], () => 'another'),
        { keys },
      ),
    ).toBe('envelope');
  });

  it('has exactly one signature, one signer and one content', () => {
    const [signature] = one.dsseEnvelope?.signatures ?? [];
    const change = (path: (string | number)[], value: unknown): string =>
      run(replaceAt<unknown>(one, path, () => value));
    expect(change(['dsseEnvelope', 'signatures'], [signature, signature])).toBe('bundle-malformed');
    expect(change(['verificationMaterial', 'publicKey'], { hint: 'x' })).toBe('bundle-malformed');
    expect(change(['messageSignature'], { signature: 'AAAA' })).toBe('bundle-malformed');
    const chain = { certificates: [one.verificationMaterial.certificate] };
    expect(change(['verificationMaterial', 'x509CertificateChain'], chain)).toBe('bundle-malformed');
  });
});

describe('signature and statement, where there is no log to contradict', () => {
  const options = { log: [], timestamps: 1 } as const;
  const thresholds = { log: 0 };

  it('verifies the signature over the envelope', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, options);
    expect(run(bundle, { thresholds })).toBe('ok');
    expect(run(bundle)).toBe('log-missing');
    const payload = Buffer.from(JSON.stringify({ ...STATEMENT, predicateType: 'x' })).toString('base64');
    expect(
      run(
        replaceAt<unknown>(bundle, ['dsseEnvelope', 'payload'], () => payload),
        { thresholds },
      ),
    ).toBe('signature');
  });

  it.each([
    ['statement-type', { ...STATEMENT, _type: 'https://in-toto.io/Statement/v2' }],
    ['statement-malformed', { ...STATEMENT, subject: [] }],
    ['statement-malformed', { ...STATEMENT, subject: [{ name: 'x', digest: {} }] }],
    ['statement-malformed', { ...STATEMENT, subject: [{ name: 'x', digest: { sha512: 'ABCD' } }] }],
    ['statement-malformed', { ...STATEMENT, predicateType: '' }],
    ['statement-malformed', [STATEMENT]],
    ['statement-malformed', 'text'],
  ])('%s: %j', (reason, statement) => {
    expect(run(sigstore.signStatement(statement, as, options), { thresholds })).toBe(reason);
  });

  it('reads no other payload type', () => {
    const bundle = sigstore.signStatement(STATEMENT, as, { ...options, payloadType: 'text/plain' });
    expect(run(bundle, { thresholds })).toBe('payload-type');
  });

  it('wants the artifact among the subjects, by a strong digest that no other one contradicts', () => {
    const sign = (digest: Record<string, string>): unknown =>
      sigstore.signStatement({ ...STATEMENT, subject: [{ name: 'a', digest }] }, as, options);
    const of = (algorithm: string): string => createHash(algorithm).update(ARTIFACT).digest('hex');
    const zero = '0'.repeat(64);
    expect(run(sign({ sha256: of('sha256') }), { thresholds }, LAB_NOW, ARTIFACT)).toBe('ok');
    expect(run(sign({ sha256: of('sha256'), gitCommit: 'x' }), { thresholds }, LAB_NOW, ARTIFACT)).toBe('ok');
    expect(run(sign({ sha1: of('sha1') }), { thresholds }, LAB_NOW, ARTIFACT)).toBe('artifact-mismatch');
    expect(run(sign({ sha256: zero }), { thresholds }, LAB_NOW, ARTIFACT)).toBe('artifact-mismatch');
    expect(run(sign({ sha512: of('sha512'), sha256: zero }), { thresholds }, LAB_NOW, ARTIFACT)).toBe(
      'artifact-mismatch',
    );
  });

  it('wants the artifact of a message', () => {
    const bundle = sigstore.signMessage(ARTIFACT, as, options);
    expect(run(bundle, { thresholds }, LAB_NOW, ARTIFACT)).toBe('ok');
    expect(run(bundle, { thresholds })).toBe('artifact-mismatch');
    expect(run(bundle, { thresholds }, LAB_NOW, Buffer.from('another'))).toBe('artifact-mismatch');
    const unidentified = replaceAt<unknown>(bundle, ['messageSignature', 'messageDigest'], () => undefined);
    expect(run(unidentified, { thresholds }, LAB_NOW, ARTIFACT)).toBe('ok');
    expect(run(unidentified, { thresholds }, LAB_NOW, Buffer.from('another'))).toBe('signature');
  });
});

describe('identity', () => {
  const sign = (
    claims: Record<number, string | undefined>,
    subject: string = WORKFLOW.subject.value,
  ): CertificateIdentity => ({
    subject: { kind: 'uri', value: subject },
    claims: Object.fromEntries(
      Object.entries<string | undefined>({ ...WORKFLOW.claims, ...claims }).flatMap(([arc, value]) =>
        value === undefined ? [] : [[arc, value]],
      ),
    ),
  });
  const identity = (of: CertificateIdentity): string => run(sigstore.signStatement(STATEMENT, { identity: of }));

  it.each([
    [1, 'https://other.test'],
    [2, 'release'],
    [3, 'b'.repeat(40)],
    [5, 'other/pkg'],
    [5, 'ab/pkg'],
    [6, 'refs/heads/main'],
  ])('extension .%i has to agree with its successor', (number, value) => {
    expect(identity(sign({ [number]: value }))).toBe('certificate-identity');
  });

  it('matches exactly', () => {
    const verifier = createVerifier({ root: parseTrustedRoot(sigstore.trustedRoot) });
    const proof = proofOf(verifier.verify(sigstore.signStatement(STATEMENT, as), { now: LAB_NOW }));
    const { value } = WORKFLOW.subject;
    const issuer = WORKFLOW.claims[8];
    expect(matchesIdentity(proof, { identity: value, issuer })).toBe(true);
    expect(matchesIdentity(proof, { identity: `${value}x`, issuer })).toBe(false);
    expect(matchesIdentity(proof, { identity: value.slice(0, -1), issuer })).toBe(false);
    expect(matchesIdentity(proof, { identity: '.*', issuer })).toBe(false);
    expect(matchesIdentity(proof, { identity: value, issuer: `${issuer}/` })).toBe(false);
    expect(matchesIdentity(proof, { issuer: '' })).toBe(false);
  });

  it('names the workflow that signed where it is another than the started one', () => {
    const read = (of: CertificateIdentity): unknown => {
      const verifier = createVerifier({ root: parseTrustedRoot(sigstore.trustedRoot) });
      return proofOf(verifier.verify(sigstore.signStatement(STATEMENT, { identity: of }), { now: LAB_NOW })).signer;
    };
    const reusable = 'https://github.com/other/flows/.github/workflows/r.yml@refs/tags/v1';
    const workflow = '.github/workflows/release.yml';
    expect(read(sign({}))).toMatchObject({
      identity: { workflow, signer: null, runner: 'hosted', owner: 'https://github.com/lab' },
    });
    expect(read(sign({}, reusable))).toMatchObject({ identity: { workflow, signer: reusable } });
    const old = {
      8: undefined,
      11: undefined,
      12: undefined,
      13: undefined,
      14: undefined,
      15: undefined,
      16: undefined,
      17: undefined,
      18: undefined,
      20: undefined,
      21: undefined,
      22: undefined,
    };
    expect(read(sign(old))).toMatchObject({
      identity: {
        repository: 'https://github.com/lab/pkg',
        workflow,
        signer: null,
        ref: 'refs/tags/v1.0.0',
        runner: null,
      },
    });
    expect(read(sign(old, reusable))).toMatchObject({ identity: { workflow: null, signer: reusable } });
    expect(read(sign({ 11: 'self-hosted' }))).toMatchObject({ identity: { runner: 'self-hosted' } });
    const gitlab = 'https://gitlab.com/group/pkg//.gitlab-ci.yml@refs/heads/main';
    expect(read(sign({ 5: undefined, 12: 'https://gitlab.com/group/pkg', 18: gitlab }, gitlab))).toMatchObject({
      identity: { workflow: '.gitlab-ci.yml', signer: null },
    });
  });
});
