import { Malformed } from '../refusal.ts';
import { isFile, type FileFacts } from './metadata.ts';

/** What a repository answered for one file. */
export type Answer =
  | { readonly kind: 'ok'; readonly body: Buffer; readonly etag: string | null }
  | { readonly kind: 'unchanged' | 'absent' | 'too-large' }
  /** `denied`: it may not be asked for that, or says so of what it does not have (403). */
  | { readonly kind: 'failed' | 'denied'; readonly reason: string };

/** Asks for a file by its path below the repository's address. Never rejects. */
export type Ask = (path: string, maxBytes: number, etag: string | null) => Promise<Answer>;

/** Why the repository's newest word is not in use: it gave none, or one that does not hold. One line. */
export interface Problem {
  readonly kind: 'unavailable' | 'refused';
  readonly detail: string;
}

/** Ends an update: what it is the problem of. */
export class Unusable extends Error {
  readonly kind: Problem['kind'];
  constructor(kind: Problem['kind'], detail: string) {
    super(detail);
    this.kind = kind;
  }
}

export function refused(detail: string): Unusable {
  return new Unusable('refused', detail);
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Unusable) return { kind: error.kind, detail: error.message };
  if (error instanceof Malformed) return { kind: 'refused', detail: error.message };
  throw error;
}

/** A file as the metadata above it describe it. Throws `Unusable`. */
export async function fetchFile(ask: Ask, path: string, facts: FileFacts, max: number): Promise<Buffer> {
  const bytes = bodyOf(await ask(path, Math.min(facts.length ?? max, max), null), path);
  return isFile(bytes, facts) ? bytes : refusedFile(path);
}

function refusedFile(path: string): never {
  throw refused(`${path} has another length or hash than the metadata say`);
}

/** What was served. Throws `Unusable`. */
export function bodyOf(answer: Answer, path: string): Buffer {
  switch (answer.kind) {
    case 'ok':
      return answer.body;
    case 'too-large':
      throw refused(`${path} is longer than it may be`);
    case 'failed':
    case 'denied':
      throw new Unusable('unavailable', `${path}: ${answer.reason}`);
    case 'absent':
    case 'unchanged':
      throw new Unusable('unavailable', `${path} is not there`);
  }
}
