/** Bytes by the hex digest of everything that decides them. What it gives back is what was put there, or null. */
export interface Store {
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
}

/** A store that runs share: what one of them keeps takes nothing from another. */
export interface SharedStore {
  readonly get: (id: string) => Buffer | null;
  /** Keeps at once what `change` makes of what is kept now. */
  readonly update: (id: string, change: (kept: Buffer | null) => Buffer) => void;
}
