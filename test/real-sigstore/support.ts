import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, inject, type SuiteFactory } from 'vitest';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { assayInside } from '../cli/inside.ts';
import { GITHUB } from './issuer.ts';
import { identityOf } from './sign.ts';
import type { Town } from './town.ts';

/** Tests that need the servers: skipped where they cannot run, which the set-up has said. */
export function withServers(name: string, tests: (town: () => Town) => void): void {
  const town = inject('town');
  const suite: SuiteFactory = () => {
    tests(() => {
      if (town === null) throw new Error('the servers do not run');
      return town;
    });
  };
  describe.skipIf(town === null)(name, suite);
}

/** Whether the real Rekor v1 runs here. */
export const hasRekorV1 = (inject('town')?.rekorV1 ?? null) !== null;

/** What `assay verify-bundle --json` says. */
export interface Verdict {
  readonly status: number | null;
  /** Null where the bundle holds. */
  readonly refusal: string | null;
  readonly proof: unknown;
}

/** A question to `assay verify-bundle`. */
export interface Question {
  readonly bundle: unknown;
  /** The file, or a digest. */
  readonly artifact: Buffer | string;
  readonly root: TrustedRootJson;
  /** The repository that must have signed. */
  readonly by: string;
}

/** Asks the built assay in `folder`. */
export async function verdictOf(folder: string, { bundle, artifact, root, by }: Question): Promise<Verdict> {
  writeFileSync(join(folder, 'bundle.json'), JSON.stringify(bundle));
  writeFileSync(join(folder, 'root.json'), JSON.stringify(root));
  if (typeof artifact !== 'string') writeFileSync(join(folder, 'artifact'), artifact);
  const args = ['verify-bundle', '--bundle', 'bundle.json', '--trusted-root', 'root.json', '--json'];
  const who = ['--certificate-identity', identityOf(by), '--certificate-oidc-issuer', GITHUB];
  const target = typeof artifact === 'string' ? artifact : 'artifact';
  const { status, stdout, stderr } = await assayInside([...args, ...who, target], folder);
  if (stderr !== '') throw new Error(stderr);
  const { refusal, proof } = JSON.parse(stdout) as { refusal: { reason: string } | null; proof: unknown };
  return { status, refusal: refusal?.reason ?? null, proof };
}

/** The kind and version of a bundle's first entry. */
export function entryOf(bundle: BundleJson): string {
  const { kind = '', version = '' } = bundle.verificationMaterial.tlogEntries[0]?.kindVersion ?? {};
  return `${kind} ${version}`;
}
