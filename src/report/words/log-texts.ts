import type { LogTree } from '../../model/finding.ts';
import { escapeText, quoteText } from './escape.ts';
import { address, type Texts } from './text.ts';

/** The words of what transparency logs show of a dependency, and of themselves. */
export const LOG_TEXTS: Texts<'log-record-missing' | 'log-proof-invalid' | 'log-inconsistent' | 'checks-disabled'> = {
  'log-record-missing': {
    title: 'not in the transparency log',
    clause: ({ log, known }) => {
      switch (known) {
        case 'package':
          return `is not in ${address(log)}, which has other versions of it`;
        case 'baseline':
          return `is not in ${address(log)} any more, which had it when it was taken into the baseline`;
        case 'nothing':
          return `is not in ${address(log)}, and neither is any other version of it that is known`;
      }
    },
    why: 'what everybody fetches with checks is logged, so that nobody but you may have been given this',
    next: 'explain',
  },
  'log-proof-invalid': {
    title: 'a proof of the transparency log does not hold',
    clause: ({ log, reason }) => `is not proven by ${address(log)} (${quoteText(reason)})`,
    why: 'an honest answer proves itself, so that somebody between you and the log changed it, or the log lies',
    next: 'stop',
  },
  'log-inconsistent': {
    title: 'the transparency log contradicts itself',
    clause: ({ log, larger, smaller }) =>
      `rests on ${address(log)}, which has two histories: ${tree(smaller)} is no beginning of ${tree(larger)}`,
    why: 'it shows different things to different people, and nothing it says proves anything until that is explained',
    next: 'stop',
  },
  'checks-disabled': {
    title: 'checks are switched off',
    clause: ({ setting, log }) =>
      log === null
        ? `is held to no checksum database: ${quoteText(setting, 160)} switches every check off`
        : `is never asked for at ${address(log)}, because of ${quoteText(setting, 160)}`,
    why: 'nothing but the lockfile itself says what its bytes must be',
    next: 'explain',
  },
};

/**
 * A tree with what whoever wants to show it to others needs: its note, where there is one. The JSON report has a long
 * one whole.
 */
function tree({ from, size, root, note }: LogTree): string {
  const shown = `the tree of ${size} leaves with root ${escapeText(root, 64)} of ${escapeText(from, 120)}`;
  return note === null ? shown : `${shown}, signed as ${quoteText(note, 500)}`;
}
