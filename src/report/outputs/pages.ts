import type { FindingCode } from '../../model/finding.ts';

/** The page of a finding code, in Markdown; null where it is not there. */
export type Pages = (code: FindingCode) => string | null;
