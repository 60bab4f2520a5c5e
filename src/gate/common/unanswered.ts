import type { Evidence } from '../../model/evidence.ts';
import type { VersionRef } from '../../model/package.ts';
import type { HttpAnswer } from '../../net/request.ts';
import { escapeText } from '../../report/words/escape.ts';
import type { Broken } from './artifact.ts';
import type { Refusal } from './refusal.ts';
import { failureReply, type Reply } from './reply.ts';

export type Unanswered = Exclude<HttpAnswer, { kind: 'ok' }>;

/** What a client is told where a registry did not answer. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/** What a registry did not answer is no answer of the gate's, either. `what` is what was asked for, escaped. */
export function failureOf(answer: Unanswered, what: string): Failure {
  switch (answer.kind) {
    case 'absent':
      return { status: 404, code: 'not-found', text: `the registry has not ${what}` };
    case 'too-large':
      return { status: 502, code: 'evidence-malformed', text: `${what} is too large` };
    case 'unchanged':
      return { status: 502, code: 'evidence-unavailable', text: `${what} did not arrive` };
    case 'failed': {
      // The registry's own refusal is the client's to see; a registry that fails is asked again by the client, too.
      const status = answer.status ?? 502;
      return {
        status: status >= 400 && status < 500 ? status : 502,
        code: 'evidence-unavailable',
        text: `${what} did not arrive: ${escapeText(answer.reason, 300)}`,
      };
    }
  }
}

/** The same as an answer to clients that show its text, of what was asked as evidence. */
export function unansweredReply(answer: Exclude<Evidence<never>, { state: 'present' }>, what: string): Reply {
  if (answer.state === 'absent') return failureReply(404, 'not-found', `the registry has not ${what}`);
  const [code, why] =
    answer.state === 'malformed'
      ? (['evidence-malformed', 'cannot be read'] as const)
      : (['evidence-unavailable', 'did not arrive'] as const);
  return failureReply(502, code, `${what} ${why}: ${escapeText(answer.reason, 300)}`);
}

/** Why bytes of a version were not handed on to their end. `what` they are of, for people. */
export function brokenOff(version: VersionRef, broken: Broken, what: string): Refusal {
  const spec = escapeText(`${version.name}@${version.version}`, 200);
  return broken === 'mismatch'
    ? {
        version,
        code: 'integrity-mismatch',
        message: `${spec}: the registry sent other bytes than those that were judged.`,
        help: '',
      }
    : { version, code: 'evidence-unavailable', message: `${spec}: ${what} did not arrive.`, help: 'Try again later.' };
}
