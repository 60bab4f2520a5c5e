import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ciWorkflow, type BundleJson, type Lab } from '../../lab/index.ts';
import { serveLog, type LogServer } from '../../lab/logs.ts';
import type { LogVersion } from '../../lab/sigstore/index.ts';
import { assayHere } from '../cli/in-process.ts';
import { inFolder, type Run } from '../cli/run.ts';
import { withLab } from '../support/lab.ts';

export interface LabLogs {
  readonly lab: Lab;
  readonly folder: string;
  readonly v1: LogServer;
  readonly v2: LogServer;
  /** A bundle over a statement, by a workflow of a repository, in one log. */
  readonly sign: (log: LogVersion, repository?: string, subject?: object) => BundleJson;
  /** Runs assay in the folder with the lab's root and registry, asking the lab's logs. */
  readonly run: (...args: string[]) => Promise<Run>;
  /** The same with variables of the environment. */
  readonly runWith: (env: Readonly<Record<string, string>>, ...args: string[]) => Promise<Run>;
}

export const NAMES = { v1: 'rekor.lab.test', v2: 'log2026-1.rekor.lab.test' } as const;
const SUBJECT = { name: 'pkg:npm/p@1.0.0', digest: { sha512: 'ab'.repeat(64) } };

/** Runs `work` with a lab whose logs are served, and a folder with its root (root.json) and keys (keys.json). */
export function withLogs(work: (logs: LabLogs) => Promise<void>): Promise<void> {
  return withLab((lab) =>
    inFolder(async (folder) => {
      const [v1, v2] = [await serveLog(lab.sigstore.rekor.v1, 1), await serveLog(lab.sigstore.rekor.v2, 2)];
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      writeFileSync(join(folder, 'keys.json'), JSON.stringify(lab.keys));
      const own = [
        ...['--log', `${NAMES.v1}=${v1.url}`, '--log', `${NAMES.v2}=${v2.url}`],
        ...['--trusted-root', 'root.json'],
      ];
      try {
        await work({
          lab,
          folder,
          v1,
          v2,
          sign: (log, repository = 'team/p', subject = SUBJECT) => {
            const statement = {
              _type: 'https://in-toto.io/Statement/v1',
              subject: [subject],
              predicateType: 'https://slsa.dev/provenance/v1',
              predicate: {},
            };
            return lab.sigstore.signStatement(statement, { identity: ciWorkflow({ repository }).identity }, { log });
          },
          run: (...args) => assayHere([...args, ...own], folder),
          runWith: (env, ...args) => assayHere([...args, ...own], folder, 100, env),
        });
      } finally {
        await Promise.all([v1.close(), v2.close()]);
      }
    }),
  );
}

/** What the one file of the lock of `state` in a folder says. */
export function lockOf(folder: string): string {
  const state = join(folder, 'state');
  const [name, ...others] = readdirSync(state).filter((one) => one.startsWith('lock'));
  if (name === undefined || others.length > 0) throw new Error(`locks: ${[name, ...others].join(' ')}`);
  return readFileSync(join(state, name), 'utf8');
}
