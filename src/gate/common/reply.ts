import type { Writable } from 'node:stream';
import { headline, type Refusal } from './refusal.ts';

/** What a package manager asked of the gate. */
export interface GateRequest {
  readonly method: string;
  /** Without the gate's own part of it, with a slash first, as it was written. */
  readonly path: string;
  /** From the question mark on; "" without one. */
  readonly search: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, decoded; throws where it is too large. */
  readonly body: () => Promise<Buffer>;
  /** The address of the gate as the client has to name it, with its last slash. */
  readonly base: string;
}

/** An answer to a package manager. */
export interface Reply {
  readonly status: number;
  /** The reason phrase, which most clients show. ASCII. */
  readonly phrase?: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Bytes, or what writes them, and resolves to null where they are whole: else to an answer that takes their place
   * where nothing was written yet, and breaks the connection off where something was.
   */
  readonly body: Buffer | ((out: Writable) => Promise<Reply | null>);
}

/** Package managers keep what they got, so each answer has to be asked for again: the policy may have changed. */
const ASK_AGAIN = { 'cache-control': 'no-cache' };

export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json', ...ASK_AGAIN, ...headers }, body };
}

export function bytesReply(status: number, type: string, body: Reply['body']): Reply {
  return { status, headers: { 'content-type': type, ...ASK_AGAIN }, body };
}

/** Why there is no answer, in text for people. */
export function failureReply(status: number, code: string, text: string): Reply {
  const reply = bytesReply(status, 'text/plain; charset=utf-8', Buffer.from(`assay gate: ${text}\n`));
  return { ...reply, phrase: `assay gate: ${code}` };
}

/** A refusal. No client asks again after a 403. */
export function refusalReply(refusal: Refusal): Reply {
  const code = refusal.code ?? 'not-judged';
  return { ...failureReply(403, code, refusalText(refusal)), phrase: `Refused by assay gate: ${code}` };
}

export function refusalText(refusal: Refusal): string {
  const help = refusal.help === '' ? '' : ` ${refusal.help}`;
  return `${headline(refusal)}: ${refusal.message}${help}`;
}
