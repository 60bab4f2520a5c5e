/** How many distinct logs, certificate-transparency logs and sources of time must agree. */
export interface Thresholds {
  readonly log: number;
  readonly sct: number;
  readonly time: number;
}

/** What Sigstore's clients demand, and what holds where nobody said something else. */
export const STRICT: Thresholds = { log: 1, sct: 1, time: 1 };
