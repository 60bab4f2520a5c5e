/**
 * Verifies the same bundles with this verifier and with @sigstore/verify, side by side in one process, and prints the
 * median processor time per bundle and their ratio. Reads bundles recorded from the npm registry beside the checkout.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
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
const ROUNDS = 40;

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
  const ours = openOurs(managed);
  const oracle = openOracle(managed);
  for (const [name, selected] of [
    ['provenance', bundles.filter(({ verificationMaterial }) => verificationMaterial.publicKey === undefined)],
    ['publish', bundles.filter(({ verificationMaterial }) => verificationMaterial.publicKey !== undefined)],
  ] as const) {
    // Rounds alternate and processor time is taken, so that a busy machine slows both.
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      times[0].push(measure(selected, ours));
      times[1].push(measure(selected, oracle));
    }
    const [mine, theirs] = times.map(median) as [number, number];
    const ratio = `${(theirs / mine).toFixed(1)}x`;
    print(
      `${name}: assay ${mine.toFixed(2)} ms, @sigstore/verify ${theirs.toFixed(2)} ms, ${ratio} (${selected.length} bundles)`,
    );
  }
}

function openOurs(managed: Keys['keys']): (bundle: unknown) => void {
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

function openOracle(managed: Keys['keys']): (bundle: unknown) => void {
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

/** Milliseconds of processor time per bundle. */
function measure(bundles: readonly unknown[], verify: (bundle: unknown) => void): number {
  const start = process.cpuUsage();
  for (const bundle of bundles) verify(bundle);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / bundles.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

main();
