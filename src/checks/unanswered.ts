import type { Evidence } from '../model/evidence.ts';
import { finding, type EvidenceName, type Finding } from '../model/finding.ts';

/** That a question had no answer that can be used; null where it had one. */
export function unanswered(name: EvidenceName, answer: Evidence<unknown>): Finding | null {
  if (answer.state !== 'unavailable' && answer.state !== 'malformed') return null;
  const { url, reason } = answer;
  return finding(answer.state === 'unavailable' ? 'evidence-unavailable' : 'evidence-malformed', {
    evidence: name,
    url,
    reason,
  });
}
