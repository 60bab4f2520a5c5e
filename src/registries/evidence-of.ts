import type { Evidence } from '../model/evidence.ts';
import type { HttpAnswer, HttpClient } from '../net/request.ts';
import type { Parsed } from '../readers/untrusted-json.ts';

export const JSON_TYPE = 'application/json';

/** One GET of a JSON document, as evidence. */
export async function ask<T>(
  client: HttpClient,
  url: string,
  maxBytes: number,
  parse: (json: unknown) => Parsed<T>,
): Promise<Evidence<T>> {
  const answer = await client.get(url, { accept: JSON_TYPE, maxBytes });
  return evidenceOf(answer, url, maxBytes, (body) => parseJson(body, parse));
}

/** Converts the answer to a GET of a document into evidence: `read` parses the body. */
export function evidenceOf<T>(
  answer: HttpAnswer,
  url: string,
  maxBytes: number,
  read: (body: Buffer) => Parsed<T>,
): Evidence<T> {
  if (answer.kind !== 'ok') return withoutBody(answer, url, maxBytes);
  const parsed = read(answer.body);
  return 'value' in parsed
    ? { state: 'present', value: parsed.value }
    : { state: 'malformed', url, reason: parsed.malformed };
}

/**
 * Converts an answer without a document into evidence: a missing one is absent, one that is too large malformed, a
 * failure unavailable.
 */
export function withoutBody(
  answer: Exclude<HttpAnswer, { kind: 'ok' }>,
  url: string,
  maxBytes: number,
): Evidence<never> {
  switch (answer.kind) {
    case 'absent':
      return { state: 'absent', url };
    case 'unchanged':
      return { state: 'unavailable', url, reason: 'the server answered 304 to what it was first asked' };
    case 'failed':
      return { state: 'unavailable', url, reason: answer.reason };
    case 'too-large':
      return { state: 'malformed', url, reason: `larger than ${maxBytes} bytes` };
  }
}

/** Reads a JSON text of a few MiB at most: small values take many times their bytes in memory. */
export function parseJson<T>(body: Buffer, parse: (json: unknown) => Parsed<T>): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return { malformed: 'not JSON' };
  }
  return parse(json);
}
