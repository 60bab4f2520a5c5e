import type { Evidence } from '../model/evidence.ts';
import { finding, type EvidenceName, type Finding } from '../model/finding.ts';

/** That a question had no answer that can be used; null where it had one. */
export function unanswered(name: EvidenceName, answer: Evidence<unknown>): Finding | null {
  return answer.state === 'present' || answer.state === 'absent' ? null : withoutAnswer(name, answer, '');
}

/** The same of what has to be there: that it is `absent`, in these words, is no answer either. */
export function withoutAnswer(
  name: EvidenceName,
  answer: Exclude<Evidence<unknown>, { state: 'present' }>,
  absent: string,
): Finding {
  const { url, state } = answer;
  const reason = state === 'absent' ? absent : answer.reason;
  return finding(state === 'malformed' ? 'evidence-malformed' : 'evidence-unavailable', {
    evidence: name,
    url,
    reason,
  });
}
