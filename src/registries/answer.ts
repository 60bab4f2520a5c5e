import type { Evidence } from '../model/evidence.ts';
import { MAX_JSON_VALUES } from './bounds.ts';
import type { HttpAnswer, HttpClient } from './http.ts';
import type { Parsed } from './json.ts';

export const JSON_TYPE = 'application/json';

/** One GET of a JSON document, as evidence. */
export async function ask<T>(
  client: HttpClient,
  url: string,
  maxBytes: number,
  parse: (json: unknown) => Parsed<T>,
): Promise<Evidence<T>> {
  return evidenceOf(await client.get(url, { accept: JSON_TYPE, maxBytes }), url, maxBytes, parse);
}

/** What came of a GET of a JSON document. */
export function evidenceOf<T>(
  answer: HttpAnswer,
  url: string,
  maxBytes: number,
  parse: (json: unknown) => Parsed<T>,
): Evidence<T> {
  switch (answer.kind) {
    case 'absent':
      return { state: 'absent', url };
    case 'unchanged':
      return { state: 'unavailable', url, reason: 'the server answered 304 to what it was first asked' };
    case 'failed':
      return { state: 'unavailable', url, reason: answer.reason };
    case 'too-large':
      return { state: 'malformed', url, reason: `larger than ${maxBytes} bytes` };
    case 'ok': {
      const parsed = parseJson(answer.body, parse);
      return 'value' in parsed
        ? { state: 'present', value: parsed.value }
        : { state: 'malformed', url, reason: parsed.malformed };
    }
  }
}

function parseJson<T>(body: Buffer, parse: (json: unknown) => Parsed<T>): Parsed<T> {
  if (hasMoreValues(body, MAX_JSON_VALUES)) return { malformed: `more than ${MAX_JSON_VALUES} values` };
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return { malformed: 'not JSON' };
  }
  return parse(json);
}

/** Whether a JSON text may hold more values than `max`: each but the first follows one of `,`, `[` and `{`. */
function hasMoreValues(json: Buffer, max: number): boolean {
  // The shortest value with its comma takes two bytes.
  if (json.length <= 2 * max) return false;
  let values = 1;
  for (const byte of json) {
    if ((byte === 0x2c || byte === 0x5b || byte === 0x7b) && ++values > max) return true;
  }
  return false;
}
