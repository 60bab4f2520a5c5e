/** Bytes by the hex digest of everything that decides them. What it gives back is what was put there, or null. */
export interface Store {
  readonly get: (id: string) => Buffer | null;
  readonly put: (id: string, value: Buffer) => void;
}
