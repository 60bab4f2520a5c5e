import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLockfiles } from '../../src/audit/index.ts';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Registry } from '../../src/registries/registry.ts';
import { renderJson } from '../../src/report/json/report.ts';
import { PUBLIC_GOOD_ROOT_DIGEST, publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files = hasSharedData ? readdirSync(folder).sort() : [];
const skipped = hasSharedData ? '' : ' (skipped: the recorded data is not here)';
const GOLDEN = join(import.meta.dirname, '../report/golden/recorded-lockfiles.json');

/** At least one of each is compared, whatever becomes of the recorded data. */
const FORMATS = [
  ...['package-lock v1', 'package-lock v2', 'package-lock v3', 'npm-shrinkwrap v2', 'npm-shrinkwrap v3'],
  ...['pnpm-lock v5.1', 'pnpm-lock v5.4', 'pnpm-lock v6.0', 'pnpm-lock v6.1', 'pnpm-lock v9.0'],
  ...['yarn.lock v1', 'yarn.lock v5', 'yarn.lock v8', 'bun.lock v1', 'vlt-lock v1'],
];

/** A registry that answers nothing: what is left of a report is what the lockfile says, and how it is told. */
function silentRegistry(): Registry {
  const url = 'https://registry.npmjs.org/';
  const nothing = () => Promise.resolve({ state: 'unavailable', url, reason: 'nothing is asked here' } as const);
  return {
    urlFor: () => url,
    packument: nothing,
    revalidate: () => Promise.resolve(null),
    manifest: nothing,
    attestations: nothing,
    keys: nothing,
    tarball: nothing,
    close: () => undefined,
  };
}

/** JSON with members in the order of their names. Functions are left out; whatever JSON would lose is refused. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    if (Object.getPrototypeOf(member) !== Object.prototype) throw new Error('JSON has no such thing');
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What is compared of one lockfile: digests of all that is read and told, and counts that help to see what differs. */
async function entryOf(file: string): Promise<object> {
  const bytes = readFileSync(join(folder, file));
  const lockfile = parseLockfile(file, bytes);
  const report = await auditLockfiles([{ ...lockfile, path: file, digest: sha256(bytes) }], {
    registry: silentRegistry(),
    trust: { root: publicGoodRoot(), rootName: 'public-good', rootDigest: PUBLIC_GOOD_ROOT_DIGEST, keys: [] },
    now: Date.parse('2026-04-01T00:00:00Z'),
    enforce: 'all',
    omit: [],
  });
  const findings = [
    ...report.lockfiles.flatMap((one) => one.findings.map(({ finding }) => finding.code)),
    ...report.dependencies.flatMap((one) => one.findings.map(({ code }) => code)),
  ];
  return {
    format: lockfile.format,
    manager: lockfile.manager,
    entries: lockfile.entries,
    dependencies: lockfile.dependencies.length,
    sources: countBy(lockfile.dependencies.map(({ artifacts: [{ source }] }) => source.kind)),
    skipped: countBy(lockfile.skipped.map(({ reason }) => reason)),
    findings: countBy(findings),
    model: sha256(canonical(lockfile)),
    report: sha256(renderJson({ ...report, tool: { ...report.tool, version: '0' } })),
  };
}

describe.skipIf(!hasSharedData)(`recorded lockfiles${skipped}`, () => {
  it('are read and reported as before, all of them', { timeout: 300_000 }, async () => {
    const entries: Record<string, object> = {};
    for (const file of files) entries[file] = await entryOf(file);
    await expect(`${JSON.stringify(entries, null, 2)}\n`).toMatchFileSnapshot(GOLDEN);
  });

  it('are of every format', () => {
    const text = readFileSync(GOLDEN, 'utf8');
    for (const format of FORMATS) expect(text).toContain(`"format": "${format}"`);
  });
});
