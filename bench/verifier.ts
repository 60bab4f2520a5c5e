/**
 * Verifies the same bundles with this verifier and with @sigstore/verify, side by side in one process, and prints the
 * median processor time per bundle and their ratio, at first and once both are compiled; and what Node's own signature
 * verification and key import take of it. Reads bundles recorded from the npm registry beside the checkout.
 * `--node-defaults` leaves V8 as Node starts it; otherwise it is as in assay's own process, for both.
 */
import crypto from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { optimiseLater } from '../src/cli/v8-flags.ts';
import { publicGoodRoot, publicGoodRootJson } from '../src/sigstore/public-good.ts';
import { createVerifier } from '../src/sigstore/verify.ts';

interface Attestations {
  readonly attestations: readonly {
    readonly bundle: { readonly verificationMaterial: { readonly publicKey?: unknown } };
  }[];
}

interface Keys {
  readonly keys: readonly {
    readonly keyId: string;
    readonly keyUsage: string;
    readonly publicKey: {
      readonly rawBytes: string;
      readonly validFor: { readonly start: string; readonly end?: string };
    };
  }[];
}

const DATA = join(import.meta.dirname, '../../shared/data/npm');
/** Measured at first, and again once both are compiled, which takes some two hundred rounds. */
const ROUNDS = 40;
const UNMEASURED = 200;

function main(): void {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  if (!existsSync(DATA)) {
    print('bench/verifier: skipped, the recorded bundles are not beside this checkout');
    return;
  }
  const { keys } = JSON.parse(readFileSync(join(DATA, 'keys/npm-keys.tuf-target.json'), 'utf8')) as Keys;
  const managed = keys.filter(({ keyUsage }) => keyUsage === 'npm:attestations');
  const folder = join(DATA, 'attestations');
  const bundles = readdirSync(folder).flatMap((file) =>
    (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Attestations).attestations.map(({ bundle }) => bundle),
  );
  if (!process.argv.includes('--node-defaults')) optimiseLater();
  const ours = openOurs(managed);
  const oracle = openOracle(managed);
  for (const [name, selected] of [
    ['provenance', bundles.filter(({ verificationMaterial }) => verificationMaterial.publicKey === undefined)],
    ['publish', bundles.filter(({ verificationMaterial }) => verificationMaterial.publicKey !== undefined)],
  ] as const) {
    const first = compare(selected, ours, oracle);
    compare(selected, ours, oracle, UNMEASURED);
    const warm = compare(selected, ours, oracle);
    const bound = measureCalls(selected, ours);
    for (const [when, { mine, theirs }] of [['first', first] as const, ['warm', warm] as const]) {
      print(
        `${name}, ${when}: assay ${ms(mine)}, @sigstore/verify ${ms(theirs)}, ${(theirs / mine).toFixed(1)}x ` +
          `(${selected.length} bundles)`,
      );
    }
    const calls = `${bound.signatures.toFixed(1)} signatures and ${bound.keys.toFixed(1)} keys`;
    print(`${name}: ${calls} take ${ms(bound.time)} alone, at most ${(warm.theirs / bound.time).toFixed(1)}x`);
  }
}

interface Compared {
  readonly mine: number;
  readonly theirs: number;
}

/** Medians. Rounds alternate and processor time is taken, so that a busy machine slows both. */
function compare(bundles: readonly unknown[], ours: Verify, oracle: Verify, rounds = ROUNDS): Compared {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    times[0].push(measure(bundles, ours));
    times[1].push(measure(bundles, oracle));
  }
  const [mine, theirs] = times.map(median) as [number, number];
  return { mine, theirs };
}

/** What a verifier has Node verify and import for each bundle, and how long that takes without anything around it. */
function measureCalls(bundles: readonly unknown[], verify: Verify): { signatures: number; keys: number; time: number } {
  const original = { verify: crypto.verify as VerifyOneShot, createPublicKey: crypto.createPublicKey };
  const calls: (() => void)[] = [];
  let keys = 0;
  const install = (functions: typeof original): void => {
    Object.assign(crypto, functions);
    syncBuiltinESMExports();
  };
  install({
    verify: (...args) => {
      calls.push(() => {
        original.verify(...args);
      });
      return original.verify(...args);
    },
    createPublicKey: (key) => {
      keys += 1;
      calls.push(() => {
        original.createPublicKey(key);
      });
      return original.createPublicKey(key);
    },
  });
  for (const bundle of bundles) verify(bundle);
  install(original);
  const rounds = Array.from({ length: ROUNDS }, () =>
    measure(calls, (call) => {
      call();
    }),
  );
  const perBundle = (count: number): number => count / bundles.length;
  return {
    signatures: perBundle(calls.length - keys),
    keys: perBundle(keys),
    time: median(rounds) * perBundle(calls.length),
  };
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(2)} ms`;
}

type Verify = (bundle: unknown) => void;

/** `crypto.verify` without a callback. */
type VerifyOneShot = (
  algorithm: string | null | undefined,
  data: NodeJS.ArrayBufferView,
  key: crypto.KeyObject,
  signature: NodeJS.ArrayBufferView,
) => boolean;

function openOurs(managed: Keys['keys']): Verify {
  const verifier = createVerifier({
    root: publicGoodRoot(),
    keys: managed.map(({ keyId, publicKey: { rawBytes, validFor } }) => ({
      hint: keyId,
      spki: rawBytes,
      start: Date.parse(validFor.start),
      end: validFor.end === undefined ? null : Date.parse(validFor.end),
    })),
  });
  return (bundle) => {
    const result = verifier.verify(bundle, { now: Date.now() });
    if (!result.ok) throw new Error(result.detail);
  };
}

function openOracle(managed: Keys['keys']): Verify {
  const keys = Object.fromEntries(
    managed.map(({ keyId, publicKey: { rawBytes, validFor } }) => [
      keyId,
      {
        rawBytes: Buffer.from(rawBytes, 'base64'),
        keyDetails: 5,
        validFor: {
          start: new Date(validFor.start),
          end: validFor.end === undefined ? undefined : new Date(validFor.end),
        },
      },
    ]),
  );
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(publicGoodRootJson()), keys));
  return (bundle) => {
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
  };
}

/** Milliseconds of processor time for each. */
function measure<T>(items: readonly T[], work: (item: T) => void): number {
  const start = process.cpuUsage();
  for (const item of items) work(item);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / items.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

main();
