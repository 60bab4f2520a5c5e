import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { handOn, type Broken } from '../../src/gate/common/artifact.ts';
import type { HttpAnswer, HttpClient } from '../../src/net/request.ts';

const OK: HttpAnswer = { kind: 'ok', status: 200, body: Buffer.alloc(0), headers: {} };
const FAILED: HttpAnswer = { kind: 'failed', reason: 'broken off', status: null };

/** A registry that sends these parts, an attempt after the other. */
function sending(attempts: readonly (readonly string[])[], answer = OK): HttpClient {
  return {
    get: async (_, { sink }) => {
      for (const parts of attempts) {
        const to = sink?.();
        for (const part of parts) await to?.write(Buffer.from(part));
      }
      return answer;
    },
    close: () => undefined,
  };
}

async function handed(client: HttpClient, whole: string): Promise<{ text: string; broken: Broken | null }> {
  const out = new PassThrough();
  let text = '';
  out.setEncoding('utf8').on('data', (part: string) => (text += part));
  const digests = ['sha256', 'sha512'].map((algorithm) => ({
    algorithm: algorithm as 'sha256' | 'sha512',
    hex: createHash(algorithm).update(whole).digest('hex'),
  }));
  const broken = await handOn('https://registry.example/a.tgz', digests, client, out);
  await new Promise(setImmediate);
  return { text, broken };
}

describe('bytes that are handed on', () => {
  it('are what was judged', async () => {
    expect(await handed(sending([['ab', 'cd', 'ef']]), 'abcdef')).toEqual({ text: 'abcdef', broken: null });
  });

  it('are never whole where they are others', async () => {
    expect(await handed(sending([['ab', 'cd', 'eX']]), 'abcdef')).toEqual({ text: 'abcd', broken: 'mismatch' });
    expect(await handed(sending([['abcdeX']]), 'abcdef')).toEqual({ text: '', broken: 'mismatch' });
    expect(await handed(sending([['ab', 'cdef', 'g']]), 'abcdef')).toMatchObject({ broken: 'mismatch' });
  });

  it('go on where a second attempt begins as the first did', async () => {
    expect(
      await handed(
        sending([
          ['ab', 'cd'],
          ['a', 'bc', 'def'],
        ]),
        'abcdef',
      ),
    ).toEqual({ text: 'abcdef', broken: null });
    expect(await handed(sending([['ab', 'cd'], ['abcdef']]), 'abcdef')).toEqual({ text: 'abcdef', broken: null });
  });

  it('end where a second attempt begins otherwise, though it is what was judged', async () => {
    expect(await handed(sending([['Xb', 'cd'], ['abcdef']]), 'abcdef')).toEqual({ text: 'Xb', broken: 'mismatch' });
  });

  it('are not there where the registry has not all of them', async () => {
    expect(await handed(sending([['ab', 'cd']], FAILED), 'abcd')).toMatchObject({ broken: 'unavailable' });
    expect(await handed(sending([[]], { kind: 'absent' }), '')).toEqual({ text: '', broken: 'absent' });
    expect(await handed(sending([[]]), 'abcd')).toEqual({ text: '', broken: 'mismatch' });
  });
});
