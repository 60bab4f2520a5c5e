import { canBeAccepted } from '../../model/baseline.ts';
import { hashText } from '../../model/hash.ts';
import { formatInstant } from '../../model/time.ts';
import { reviewJson, reviewUsedJson } from '../json/report.ts';
import { describe } from '../words/messages.ts';
import type { ReviewList } from '../parts/queue.ts';
import { nextCommands } from './terminal.ts';
import { stringify } from '../json/stringify.ts';

/** The queue as JSON (docs/schemas/review-1.schema.json), one entry for each finding. */
export function renderReviewJson({ report, now, items, accepted }: ReviewList): string {
  return stringify({
    schema: 'assay.review/1',
    tool: { name: report.tool.name, version: report.tool.version },
    time: formatInstant(now),
    lockfiles: report.lockfiles.map(({ file, format }) => ({ file, format })),
    verdict: report.verdict,
    enforce: report.enforce,
    clock: report.review === null ? null : reviewUsedJson(report.review),
    findings: items.flatMap((item) =>
      item.findings.map((finding) => ({
        ecosystem: item.dependency.ecosystem,
        name: item.dependency.name,
        version: item.dependency.version,
        location: item.dependency.places.slice(0, 1).map(({ file, line }) => ({ file, line }))[0] ?? null,
        direct: item.dependency.direct,
        code: finding.code,
        level: finding.level,
        message: describe(finding, item.dependency).message,
        ...reviewJson(finding.review),
        acceptable: canBeAccepted(finding.code, item.bytes),
        next: nextCommands({ ...item, findings: [finding] }),
      })),
    ),
    accepted: accepted.map(({ accepted: { ecosystem, name, version, code, bytes, by, why, until }, state }) => ({
      ecosystem,
      name,
      version,
      code,
      integrity: hashText(bytes),
      by,
      why,
      until: formatInstant(until),
      state,
    })),
  });
}
