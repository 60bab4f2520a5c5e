import type { Refusal } from '../common/refusal.ts';
import { failureReply, jsonReply, refusalReply, refusalText, type Reply } from '../common/reply.ts';

/** Why there is no answer, as clients of npm's kind show it: npm and Yarn 1 the text, pnpm and Yarn 4 the phrase. */
export function npmFailure(status: number, code: string, text: string): Reply {
  return inJson(failureReply(status, code, text), text);
}

/** A refusal, which npm also shows by a header of its own. */
export function npmRefusal(refusal: Refusal): Reply {
  const reply = inJson(refusalReply(refusal), refusalText(refusal));
  const help = refusal.help === '' ? '' : ` ${refusal.help}`;
  const notice = `assay gate: ${refusal.message}${help}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 1000);
  return { ...reply, headers: { ...reply.headers, 'npm-notice': notice } };
}

function inJson(reply: Reply, text: string): Reply {
  const { headers, body } = jsonReply(reply.status, { error: `assay gate: ${text}`, message: text });
  return { ...reply, headers, body };
}
