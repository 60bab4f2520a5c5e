import { appendFileSync } from 'node:fs';
import { statAt } from '../../store/found.ts';
import type { Report } from '../../model/report.ts';
import type { Io } from '../io.ts';

/** What GitHub takes of a step's summary; more, and it shows nothing of it. */
const MAX_SUMMARY_BYTES = 1_048_576;
/** Less room than this is not worth a summary. */
const LEAST_SUMMARY_BYTES = 16_384;

/**
 * In GitHub Actions, without being asked: annotations at the lockfile's lines, and the summary of the job. The
 * annotations go to stderr, where the runner reads them as well, so that stdout is the report and nothing else; none
 * where they were asked for. What cannot be written here is said and changes no verdict.
 */
export async function reportToActions(report: Report, isAnnotated: boolean, io: Io): Promise<void> {
  if (io.env['GITHUB_ACTIONS'] !== 'true') return;
  if (!isAnnotated) {
    const { renderAnnotations } = await import('../../report/outputs/github.ts');
    io.stderr.write(renderAnnotations(report));
  }
  const path = io.env['GITHUB_STEP_SUMMARY'];
  if (path === undefined || path === '') return;
  try {
    const room = MAX_SUMMARY_BYTES - (statAt(path)?.size ?? 0);
    if (room < LEAST_SUMMARY_BYTES) {
      io.stderr.write('assay: no job summary, as other commands of this step have filled it\n');
      return;
    }
    const { renderMarkdown } = await import('../../report/outputs/report-markdown.ts');
    appendFileSync(path, renderMarkdown(report, room));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    io.stderr.write(`assay: no job summary, as it cannot be written: ${code}\n`);
  }
}

/** The address of the repository that GitHub Actions or GitLab CI runs for; null elsewhere. */
export function repositoryAddress(env: Io['env']): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, CI_PROJECT_URL: project } = env;
  const address = server && name ? `${server}/${name}` : (project ?? '');
  return /^https?:\/\/[a-z0-9.:-]+(?:\/[\w.~-]+)+$/.test(address) ? address : null;
}
