import { git } from '../support/git.ts';
import { ciWorkflow, token } from '../../lab/index.ts';
import { assayInside } from './inside.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

const DAY = 86_400_000;
/** Who built what main has. */
export const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
export const STRANGER = ciWorkflow({ repository: 'stranger/p', repositoryId: '666', ownerId: '667' });
export const THIEF = token({ user: 'thief' });
/** A hash of bytes that nobody published. */
export const OTHER_HASH = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;

export interface PullRequestJson extends AuditJson {
  readonly lockfiles: readonly {
    readonly findings: readonly { readonly code: string; readonly args: Readonly<Record<string, unknown>> }[];
  }[];
  readonly baseline: NonNullable<AuditJson['baseline']> & {
    readonly base: {
      readonly ref: string;
      readonly commit: string | null;
      readonly found: boolean;
      readonly problem: string | null;
      readonly policyChanged: boolean | null;
      readonly edited: readonly string[];
      readonly unfounded: readonly string[];
      readonly removed: readonly string[];
      readonly despiteOmit: readonly string[];
      readonly accepted: readonly Readonly<Record<string, unknown>>[];
    } | null;
  };
}

export interface PullRequest extends LabProject {
  /** Runs assay in an environment. */
  readonly runIn: (env: Readonly<Record<string, string>>, ...args: string[]) => Promise<Run>;
  /** The same, as JSON; `--base main` unless an environment says otherwise. */
  readonly audit: (env?: Readonly<Record<string, string>>, ...args: string[]) => Promise<PullRequestJson>;
}

/** A branch of a repository whose main has p@1.0.0 and q@1.0.0 locked and in its baseline. */
export function inPullRequest(work: (project: PullRequest) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    const { lab, folder, lock, run } = project;
    for (const spec of ['p', 'q']) await lab.publish({ name: spec, version: '1.0.0', by: TEAM });
    lab.clock.advance(DAY);
    await lock({ p: '1.0.0', q: '1.0.0' });
    await run('update');
    git(folder, ['init', '-q', '-b', 'main']);
    git(folder, ['add', '-A']);
    git(folder, ['commit', '-qm', 'base']);
    git(folder, ['checkout', '-qb', 'change']);
    const runIn: PullRequest['runIn'] = (env, ...args) =>
      assayInside([...args, '--trusted-root', 'root.json', '--registry-keys', 'keys.json'], folder, env);
    await work({
      ...project,
      runIn,
      audit: async (env, ...args) => {
        const base = env === undefined ? ['--base', 'main'] : [];
        const { status, stdout, stderr } = await runIn(env ?? {}, 'audit', '--json', ...base, ...args);
        if (stdout === '') throw new Error(stderr);
        return { ...(JSON.parse(stdout) as PullRequestJson), status };
      },
    });
  });
}

/** "name@version level code" of every finding. */
export function found({ findings }: AuditJson): string[] {
  return findings.map(({ name, version, level, code }) => `${name}@${version} ${level} ${code}`);
}

/** "ref: entries" of what no update would write. */
export function forged({ lockfiles }: PullRequestJson): string[] {
  return lockfiles.flatMap(({ findings }) =>
    findings
      .filter(({ code }) => code === 'baseline-forged')
      .map(({ args }) => `${String(args['ref'])}: ${(args['entries'] as string[]).join(', ')}`),
  );
}
