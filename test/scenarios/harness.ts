import type { Lab } from '../../lab/index.ts';
import { audit } from '../../src/audit/index.ts';
import type { AuditOptions } from '../../src/audit/options.ts';
import type { Report } from '../../src/model/report.ts';
import { createHttpClient } from '../../src/net/client.ts';
import type { Checkout } from '../../src/git/checkout.ts';
import type { ProjectManifests } from '../../src/lockfiles/index.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import { parseKeysDocument } from '../../src/registries/npm/keys.ts';
import { loadNpmConfig } from '../../src/registries/npm/config/npmrc.ts';
import { parseTrustedRoot } from '../../src/sigstore/trusted-root.ts';
import { withSources, type Replayed } from '../../src/cli/demo/sources.ts';
import { exitStatus } from '../../src/cli/exit.ts';
import { PUBLIC_GOOD } from '../../src/sigstore/instance.ts';

export { withLab } from '../support/lab.ts';

/** What a scenario came to: exit status, and "name@version code" for each finding that is more than a note. */
export interface Outcome {
  readonly status: number;
  readonly findings: readonly string[];
  readonly report: Report;
}

export interface AuditChange extends Partial<
  Pick<
    AuditOptions,
    'enforce' | 'omit' | 'since' | 'now' | 'manifests' | 'store' | 'reverify' | 'baseline' | 'policy' | 'advisories'
  >
> {
  readonly registry?: string;
  /** What the lockfile is called; package-lock.json unless given. */
  readonly file?: string;
  /** Keys the user configured; the lab's own unless given. */
  readonly keys?: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

/** Audits a lockfile against a lab, as the command line would with the lab's root and keys. */
export async function auditIn(lab: Lab, lockfile: string, change: AuditChange = {}): Promise<Outcome> {
  const config = loadNpmConfig({
    cwd: '/nowhere',
    // Impatient, so that endpoints that never answer are found out in a test's time.
    env: {
      npm_config_fetch_retries: '1',
      npm_config_fetch_retry_mintimeout: '10',
      npm_config_fetch_timeout: '1500',
      ...change.env,
    },
    homedir: '/nowhere',
    platform: process.platform,
    overrides: { registry: change.registry ?? lab.url },
  });
  const registry = npmRegistry(createHttpClient(config, { refuseRedirect: () => null }), config);
  try {
    const report = await audit({
      file: change.file ?? 'package-lock.json',
      bytes: Buffer.from(lockfile),
      registry,
      trust: {
        root: parseTrustedRoot(lab.trustedRoot),
        rootName: 'lab',
        rootDigest: '0'.repeat(64),
        keys: parseKeysDocument(change.keys ?? lab.keys, 'configured'),
      },
      now: change.now ?? lab.clock.now(),
      enforce: change.enforce ?? 'observe',
      omit: change.omit ?? [],
      ...(change.manifests && { manifests: change.manifests }),
      ...(change.store && { store: change.store }),
      ...(change.baseline && { baseline: change.baseline }),
      ...(change.advisories && { advisories: change.advisories }),
      ...(change.since && { since: change.since }),
      ...(change.policy && { policy: change.policy }),
      reverify: change.reverify === true,
    });
    return { status: exitStatus(report.verdict), findings: findingsOf(report), report };
  } finally {
    registry.close();
  }
}

/** A lockfile of another ecosystem, and whom its registries name. */
export interface Locked {
  readonly file: string;
  readonly text: string;
  readonly manifests?: ProjectManifests;
  /** Of the registry's own Sigstore; left out where it has none. */
  readonly trustedRoot?: unknown;
  /** A clone that the bytes of a module are held to. */
  readonly clone?: Checkout;
}

/** Audits a lockfile of another ecosystem against its lab, as the command line would with nothing else configured. */
export function auditLocked(
  registries: Replayed,
  { file, text, manifests, trustedRoot, clone }: Locked,
  { now = 0, enforce = 'guard', policy, baseline }: AuditChange,
): Promise<Outcome> {
  return withSources(registries, async (sources) => {
    const root = trustedRoot === undefined ? PUBLIC_GOOD.root() : parseTrustedRoot(trustedRoot);
    const report = await audit({
      ...{ ...sources, file, bytes: Buffer.from(text), now, enforce, omit: [] },
      ...(manifests && { manifests }),
      ...(clone && { checkouts: [clone], tarballs: true }),
      ...(policy && { policy }),
      ...(baseline && { baseline }),
      trust: { root, rootName: 'lab', rootDigest: '0'.repeat(64), keys: [] },
    });
    return { status: exitStatus(report.verdict), findings: findingsOf(report), report };
  });
}

function findingsOf(report: Report): readonly string[] {
  return report.dependencies.flatMap(({ dependency, findings }) =>
    findings
      .filter((finding) => finding.level !== 'note')
      .map((finding) => `${dependency.name}@${dependency.version} ${finding.code}`),
  );
}
