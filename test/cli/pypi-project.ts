import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ciWorkflow } from '../../lab/index.ts';
import { githubPublisher, type PypiLab } from '../../lab/pypi/index.ts';
import { withPypiLab } from '../support/pypi-lab.ts';
import { assayInside } from './inside.ts';
import { inFolder, type Run } from './run.ts';

export type PythonLockfile = 'uv.lock' | 'requirements.txt' | 'pylock.toml';

export const DAY = 86_400_000;

export interface PythonProject {
  readonly lab: PypiLab;
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Run>;
  /** Codes of all findings by what they are about, with the exit status. */
  readonly audit: (...args: string[]) => Promise<{ readonly status: number | null; readonly found: readonly string[] }>;
  readonly edit: (file: string, change: (text: string) => string) => void;
  readonly read: (file: string) => string;
}

interface ReportJson {
  readonly findings: readonly {
    readonly name: string;
    readonly version: string;
    readonly code: string;
    readonly level: string;
  }[];
}

/** Who publishes `one`. */
export const acme = githubPublisher(ciWorkflow({ repository: 'acme/one', workflow: '.github/workflows/release.yml' }));
const other = githubPublisher(ciWorkflow({ repository: 'acme/two', workflow: '.github/workflows/release.yml' }));

/** A project of two packages, each with two releases that are attested, in an index of its own. */
export function withPythonProject(
  file: PythonLockfile,
  work: (project: PythonProject) => Promise<void>,
): Promise<void> {
  return withPypiLab((lab) =>
    inFolder(async (folder) => {
      for (const [name, by] of [
        ['one', acme],
        ['two-words', other],
      ] as const) {
        for (const [version, days] of [
          ['1.0.0', 200],
          ['1.1.0', 100],
        ] as const) {
          lab.publish({ name, version, by, at: lab.now() - days * DAY });
        }
      }
      const specs = ['one@1.1.0', 'two-words@1.1.0'];
      writeFileSync(join(folder, file), lockOf(lab, file, ...specs));
      const dependencies = 'dependencies = ["one", "two-words"]';
      const index = `[[tool.uv.index]]\nurl = "${lab.index}"\ndefault = true\n`;
      if (file === 'uv.lock') {
        writeFileSync(
          join(folder, 'pyproject.toml'),
          `[project]\nname = "project"\nversion = "1.0.0"\nrequires-python = ">=3.11"\n${dependencies}\n\n${index}`,
        );
      }
      writeFileSync(join(folder, 'root.json'), JSON.stringify(lab.trustedRoot));
      mkdirSync(join(folder, '.git'));
      const env = file === 'uv.lock' ? {} : { PIP_INDEX_URL: lab.index };
      const run = (...args: string[]): Promise<Run> =>
        assayInside(args[0] === 'exec' ? args : [...args, '--trusted-root', 'root.json'], folder, env);
      await work({
        lab,
        folder,
        run,
        audit: async (...args) => {
          const { status, stdout, stderr } = await run('audit', '--json', ...args);
          if (stdout === '') return { status, found: [stderr] };
          const report = JSON.parse(stdout) as ReportJson;
          return {
            status,
            found: report.findings.map(({ name, code, level }) => `${name} ${code} ${level}`).sort(),
          };
        },
        edit: (path, change) => writeFileSync(join(folder, path), change(readFileSync(join(folder, path), 'utf8'))),
        read: (path) => readFileSync(join(folder, path), 'utf8'),
      });
    }),
  );
}

/** The text of a lockfile with these releases, `name@version`. */
export function lockOf(lab: PypiLab, file: PythonLockfile, ...specs: readonly string[]): string {
  const lock = { 'uv.lock': lab.uvLock, 'requirements.txt': lab.requirements, 'pylock.toml': lab.pylock }[file];
  return lock(...specs);
}
