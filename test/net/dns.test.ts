import { lookup } from 'node:dns/promises';
import type { LookupOptions } from 'node:dns';
import { expect, it } from 'vitest';
import { sharedLookup } from '../../src/net/dns.ts';

type Answer = readonly [error: Error | null, address: unknown, family: number | undefined];

function asked(by: ReturnType<typeof sharedLookup>, hostname: string, options: LookupOptions): Promise<Answer> {
  return new Promise((resolve) => {
    by(hostname, options, (error, address, family) => {
      resolve([error, address, family]);
    });
  });
}

it('answers as the platform does, in both of its forms, whoever asks at the same time', async () => {
  const shared = sharedLookup();
  const all = await lookup('localhost', { all: true });
  const answers = await Promise.all([
    asked(shared, 'localhost', { all: true }),
    asked(shared, 'localhost', {}),
    asked(shared, 'localhost', { all: true }),
  ]);
  expect(answers).toEqual([
    [null, all, undefined],
    [null, all[0]?.address, all[0]?.family],
    [null, all, undefined],
  ]);
  // One question was asked for all three.
  expect(answers[0][1]).toBe(answers[2][1]);
});

it('keeps families apart', async () => {
  const shared = sharedLookup();
  await asked(shared, '127.0.0.1', { all: true });
  expect(await asked(shared, '127.0.0.1', { family: 4 })).toEqual([null, '127.0.0.1', 4]);
});

it('passes errors on, and asks again after one', async () => {
  const shared = sharedLookup();
  const wrong = { family: 7 };
  const [first] = await asked(shared, 'localhost', wrong);
  expect(first).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  const [second] = await asked(shared, 'localhost', wrong);
  expect(second).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(second).not.toBe(first);
});
