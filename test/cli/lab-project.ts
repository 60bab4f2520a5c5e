import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, LockfileOptions, Roots } from '../../lab/index.ts';
import { withLab } from '../support/lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

/** A project whose registry is a lab, as a shell in its folder sees it. */
export interface LabProject {
  readonly lab: Lab;
  readonly folder: string;
  /** Runs assay with the lab's root and keys. */
  readonly run: (...args: string[]) => Promise<Run>;
  /** The report of `assay audit --json`, with its status. */
  readonly report: (...args: string[]) => Promise<AuditJson>;
  /** Makes the project depend on other versions. */
  readonly lock: (roots: Roots, options?: LockfileOptions) => Promise<void>;
  readonly read: (file: string) => string;
  /** Rewrites a file of the project. */
  readonly edit: (file: string, change: (text: string) => string) => void;
  /** Runs `work` and returns how many requests the registry got meanwhile. */
  readonly requestsOf: (work: () => Promise<unknown>) => Promise<number>;
}

/** What the tests read of a report. */
export interface AuditJson {
  readonly status: number | null;
  readonly verdict: string;
  readonly policy: unknown;
  readonly review: unknown;
  readonly baseline: {
    readonly file: string;
    readonly found: boolean;
    readonly held: number;
    readonly uncovered: readonly string[];
    readonly unused: readonly string[];
  } | null;
  readonly dependencies: readonly {
    readonly name: string;
    readonly version: string;
    readonly verdict: string;
    readonly baseline: string | null;
    readonly critical: unknown;
    readonly proofs: Readonly<Record<string, unknown>>;
  }[];
  readonly findings: readonly {
    readonly name: string;
    readonly version: string;
    readonly code: string;
    readonly level: string;
    readonly args: Readonly<Record<string, unknown>>;
    readonly accepted?: Readonly<Record<string, unknown>>;
  }[];
}

/** Runs `work` with a lab and a project of its own. */
export function withProject(work: (project: LabProject) => Promise<void>): Promise<void> {
  return withLab((lab) =>
    inFolder(async (folder) => {
      const path = (file: string): string => join(folder, file);
      writeFileSync(path('root.json'), JSON.stringify(lab.trustedRoot));
      writeFileSync(path('keys.json'), JSON.stringify(lab.keys));
      const run = (...args: string[]): Promise<Run> =>
        assayInside([...args, '--trusted-root', 'root.json', '--registry-keys', 'keys.json'], folder);
      await work({
        lab,
        folder,
        run,
        report: async (...args) => {
          const { status, stdout } = await run(...args, '--json');
          return { ...(JSON.parse(stdout) as AuditJson), status };
        },
        lock: (roots, options) => lab.writeProject(folder, roots, options),
        read: (file) => readFileSync(path(file), 'utf8'),
        edit: (file, change) => {
          writeFileSync(path(file), change(readFileSync(path(file), 'utf8')));
        },
        requestsOf: async (asked) => {
          const before = lab.requests.length;
          await asked();
          return lab.requests.length - before;
        },
      });
    }),
  );
}

/** What the chain established, link by link. Bytes and copies are looked at where they are asked for. */
export function chainOf(proofs: object): unknown[] {
  const links: Readonly<Record<string, unknown>> = { ...proofs };
  return ['integrity', 'signature', 'publish', 'provenance'].map((link) => links[link]);
}
