import { describe, expect, it } from 'vitest';
import { backoff, describeNetworkError, isRetryableStatus, parseRetryAfter } from '../../src/net/retry.ts';

describe('backoff', () => {
  const settings = { factor: 3, minMs: 100, maxMs: 1000 };

  it('grows by the factor up to the maximum', () => {
    expect([0, 1, 2, 3, 50].map((attempt) => backoff(attempt, settings, 1))).toEqual([100, 300, 900, 1000, 1000]);
  });

  it('is spread over its second half', () => {
    expect([0, 0.5, 1].map((random) => backoff(0, settings, random))).toEqual([50, 75, 100]);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['2027', 2_027_000],
    ['99999999999', null],
    ['Never, ever', null],
    ['', null],
    [undefined, null],
  ])('%s is %s', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected));
});

it('retries what may pass', () => {
  const statuses = [200, 304, 400, 401, 403, 404, 408, 409, 410, 425, 429, 451, 499, 500, 503, 599];
  expect(statuses.filter(isRetryableStatus)).toEqual([408, 425, 429, 500, 503, 599]);
});

describe('the reason of a network error', () => {
  const withCode = (code: unknown): Error => Object.assign(new Error('secret text\u001b'), { code });

  it.each([
    ['ECONNRESET', 'connection closed before the answer was complete', true],
    ['ENOTFOUND', 'host name not found', false],
    ['CERT_HAS_EXPIRED', 'TLS refused (CERT_HAS_EXPIRED)', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS refused (UNABLE_TO_VERIFY_LEAF_SIGNATURE)', false],
    ['HPE_INVALID_CONSTANT', 'not an HTTP answer (HPE_INVALID_CONSTANT)', false],
    ['EWHATEVER', 'request failed (EWHATEVER)', false],
    ['evil\n\u001b[2J', 'request failed (no reason given)', false],
    [7, 'request failed (no reason given)', false],
  ])('%j is "%s"', (code, reason, retry) => expect(describeNetworkError(withCode(code))).toEqual({ reason, retry }));

  it('is that of the first address where several were tried', () => {
    const error = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]);
    expect(describeNetworkError(error)).toEqual({ reason: 'connection refused', retry: true });
    expect(describeNetworkError('thrown text').reason).toBe('request failed (no reason given)');
  });
});
