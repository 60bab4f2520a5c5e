import type { FindingCode } from '../../model/finding.ts';
import { escapeText } from './escape.ts';
import { listed } from './layout.ts';
import type { Texts } from './text.ts';

type AdvisoryCode = Extract<FindingCode, `advisory-${string}`>;

/** The words of what published records say. */
export const ADVISORY_TEXTS: Texts<AdvisoryCode> = {
  'advisory-malicious': {
    title: 'published as malicious',
    clause: ({ ids, from, whole }) => {
      const records = listed(ids, 3, (id) => escapeText(id, 100));
      const files = listed(from, 2, (file) => escapeText(file, 120));
      return `is malicious${whole ? ', as every version of the package,' : ''} by ${records} in ${files}`;
    },
    why: 'a machine that installed or ran it may do what somebody else wants',
    next: 'refuse',
  },
};
