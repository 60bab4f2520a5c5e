import type { AuditOptions, TrustOptions } from '../../audit/options.ts';
import { audit } from '../../audit/index.ts';
import type { Instant } from '../../model/time.ts';
import { DEFAULT_PHASE, type Verdict } from '../../model/verdict.ts';
import { renderTerminal } from '../../report/terminal/index.ts';
import { paint, usableColumns, wrap } from '../../report/words/layout.ts';
import { PUBLIC_GOOD } from '../../sigstore/instance.ts';
import { parseTrustedRoot } from '../../sigstore/trusted-root.ts';
import { EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { withSources, type Replayed } from './sources.ts';

/** What a command of the ecosystem itself does with the same files. It is not run here: it may not be installed. */
export interface Recorded {
  /** The command with its version, as it names itself. */
  readonly by: string;
  readonly runs: readonly {
    readonly command: string;
    readonly status: number;
    /** Lines of what it prints that are the same in each run. */
    readonly says: readonly string[];
  }[];
}

/** Where a replay takes place. */
export interface Scene {
  readonly registries: Replayed;
  readonly trust: TrustOptions;
  readonly now: Instant;
}

export interface Lockfile {
  readonly file: string;
  readonly text: string;
  readonly manifests?: NonNullable<AuditOptions['manifests']>;
}

/** Tells a replay, and remembers whether it went as it is told. */
export interface Player {
  /** The next step, with its number. */
  readonly step: (text: string) => void;
  readonly recorded: (recorded: Recorded) => void;
  /** Audits a lockfile, as `assay` in its folder would, and shows the report. */
  readonly audit: (scene: Scene, lockfile: Lockfile, told: Verdict) => Promise<void>;
  /** The last step. Returns the exit status: whether each audit came to the verdict that was told. */
  readonly end: () => number;
}

/** The trust of a replay, by the trusted root of its lab; the public one where the ecosystem signs nothing by it. */
export function trustOf(root: unknown = null, keys: TrustOptions['keys'] = []): TrustOptions {
  return {
    root: root === null ? PUBLIC_GOOD.root() : parseTrustedRoot(root),
    ...{ rootName: 'of the demo', rootDigest: '', keys },
  };
}

export function openPlayer({ stdout, stderr }: Io): Player {
  let number = 0;
  let isAsTold = true;
  const step = (text: string): void => {
    number += 1;
    const lines = wrap(`${number}. ${text}`, usableColumns(stdout.columns), 0, 3);
    stdout.write(`${lines.map((line) => paint('bold', line, stdout)).join('\n')}\n\n`);
  };
  return {
    step,
    recorded: ({ by, runs }) => {
      const columns = usableColumns(stdout.columns);
      for (const { command, status, says } of runs) {
        const lines = [`$ ${command}`, ...says, `(recorded: ${by}, exit status ${status})`];
        stdout.write(`${lines.flatMap((line) => wrap(line, columns, 2, 4)).join('\n')}\n\n`);
      }
    },
    audit: async ({ registries, trust, now }, { file, text, manifests }, told) => {
      const report = await withSources(registries, (sources) =>
        audit({
          ...{ ...sources, file, bytes: Buffer.from(text), trust, now },
          ...(manifests && { manifests }),
          ...{ enforce: DEFAULT_PHASE, omit: [] },
        }),
      );
      isAsTold &&= report.verdict === told;
      stdout.write(`${renderTerminal(report, stdout)}\n`);
    },
    end: () => {
      step(
        'The registry ended with this replay: commands above that name its packages find nothing now. In a project with a lockfile, run: assay audit',
      );
      if (!isAsTold) stderr.write('assay: the replay did not go as told; please report this\n');
      return isAsTold ? EXIT.holds : EXIT.fails;
    },
  };
}
