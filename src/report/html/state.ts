import type { JudgedDependency } from '../../model/verdict.ts';
import { html, type Html } from './markup.ts';

/** What is known of a dependency in one word, the gravest first: the order of every legend and of the map. */
export const STATES = ['fails', 'unverified', 'nothing', 'hash', 'signature', 'provenance', 'held'] as const;
export type State = (typeof STATES)[number];

export interface StateText {
  /** In a table. */
  readonly short: string;
  /** In the legend. */
  readonly long: string;
  /**
   * A path that draws it in a square of 10 by 10, from its upper left corner and back. No two look alike without
   * colour.
   */
  readonly shape: string;
}

export const STATE_TEXTS: Readonly<Record<State, StateText>> = {
  fails: {
    short: 'fails',
    long: 'fails: contradicted, or less than the policy asks for',
    shape: 'm0 2l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3zm0-2',
  },
  unverified: {
    short: 'no statement',
    long: 'no statement: evidence could not be obtained',
    shape: 'm5 0l5 5-5 5-5-5zm-5 0',
  },
  nothing: { short: 'nothing', long: 'nothing is proven', shape: 'h10v10h-10zm1 1v8h8v-8zm-1-1' },
  hash: { short: 'hash', long: 'only the hash is the one that the registry serves', shape: 'm0 6h10v4h-10zm0-6' },
  signature: {
    short: 'signature',
    long: 'the registry signed these bytes; who built them is not proven',
    shape: 'h10l-10 10z',
  },
  provenance: { short: 'provenance', long: 'who built it, and from which source, is proven', shape: 'h10v10h-10z' },
  held: {
    short: 'held',
    long: 'held: proven in an earlier run, and not asked again',
    shape: 'h10v10h-10zm3 3v4h4v-4zm-3-3',
  },
};

/** The state of a dependency: a failure or a missing answer comes before what is proven. */
export function stateOf(judged: JudgedDependency): State {
  if (judged.verdict === 'fail') return 'fails';
  return judged.verdict === 'unverified' ? 'unverified' : provenOf(judged);
}

/** The furthest that is proven, whatever the verdict. */
export function provenOf({ baseline, proofs }: JudgedDependency): Exclude<State, 'fails' | 'unverified'> {
  if (baseline === 'held') return 'held';
  if (proofs.provenance !== null) return 'provenance';
  if (proofs.signature !== null) return 'signature';
  return proofs.integrity !== null ? 'hash' : 'nothing';
}

/** The words for every mark that is used. */
export function legend(): Html {
  return html`<ul class="legend">
    ${STATES.map(
      (state) =>
        html`<li>
          <svg class="mark ${state}" viewBox="0 0 10 10" aria-hidden="true">
            <path d="M0 0${STATE_TEXTS[state].shape}" />
          </svg>
          ${STATE_TEXTS[state].long}
        </li>`,
    )}
  </ul>`;
}
