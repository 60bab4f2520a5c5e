import { createHash } from 'node:crypto';

/** An assay.lock in which versions of p name whoever the lines of p have now as their builder. */
export function withBuilderNamed(text: string): string {
  const lines = [...text.matchAll(/^npm:p ((?:issuer|repository|repository-id|owner-id|workflow|runner) .*\n)/gm)];
  const digest = createHash('sha256')
    .update(lines.map(([, line]) => line).join(''))
    .digest('base64');
  return text.replaceAll(/^(npm:p@\S+ provenance proven by) .*/gm, `$1 sha256-${digest}`);
}
