import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GoLab } from '../../lab/go/index.ts';
import { withGoLab } from '../support/go-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

/** A project of Go modules on a lab. */
export interface GoProject {
  readonly lab: GoLab;
  readonly folder: string;
  /** Runs assay with the settings that lead to the lab. */
  readonly run: (...args: string[]) => Promise<Run>;
  /** The same with further variables. */
  readonly runWith: (env: Readonly<Record<string, string>>, ...args: string[]) => Promise<Run>;
  /** Codes of all findings by what they are about, with the exit status. */
  readonly audit: (...args: string[]) => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
  readonly edit: (file: string, change: (text: string) => string) => void;
  readonly read: (file: string) => string;
}

interface ReportJson {
  readonly lockfiles: readonly { readonly findings: readonly { readonly code: string; readonly level: string }[] }[];
  readonly findings: readonly {
    readonly name: string;
    readonly version: string;
    readonly code: string;
    readonly level: string;
  }[];
}

const MODULES = ['a.example/one', 'a.example/Two', 'b.example/three/v2'] as const;

/** A project of three modules in a database of some hundred others. */
export function withGoProject(work: (project: GoProject) => Promise<void>): Promise<void> {
  return withGoLab((lab) =>
    inFolder(async (folder) => {
      lab.grow(300);
      const sums = MODULES.map((path) => lab.publish(path, path.endsWith('/v2') ? 'v2.0.0' : 'v1.0.0'));
      lab.grow(5);
      const requires = MODULES.map((path) => `require ${path} ${path.endsWith('/v2') ? 'v2.0.0' : 'v1.0.0'}\n`);
      writeFileSync(join(folder, 'go.sum'), sums.join(''));
      writeFileSync(join(folder, 'go.mod'), `module project.example\n\ngo 1.21\n\n${requires.join('')}`);
      mkdirSync(join(folder, '.git'));
      const runWith = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Run> =>
        assayInside(args, folder, { ...lab.env, ...env });
      const run = (...args: string[]): Promise<Run> => runWith({}, ...args);
      await work({
        lab,
        folder,
        run,
        runWith,
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, found: [stderr] };
          const report = JSON.parse(stdout) as ReportJson;
          const whole = report.lockfiles.flatMap(({ findings }) => findings.map((one) => `go.sum ${one.code}`));
          return {
            status,
            found: [...whole, ...report.findings.map(({ name, code, level }) => `${name} ${code} ${level}`)].sort(),
          };
        },
        edit: (file, change) => writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8'))),
        read: (file) => readFileSync(join(folder, file), 'utf8'),
      });
    }),
  );
}

/** Another hash of the same form. */
export const altered = (text: string): string =>
  text.replace(/h1:..../, (hash) => `h1:${hash.endsWith('A') ? 'BBBB' : 'AAAA'}`);
