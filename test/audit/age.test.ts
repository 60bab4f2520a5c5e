import { describe, expect, it } from 'vitest';
import { demandAge, type TrustAged } from '../../src/audit/age.ts';
import { DAY, HOUR } from '../../src/model/time.ts';

const NOW = Date.UTC(2026, 5, 10);
const MAX = { hours: 48, of: 'assay.yml' };

const rootOf = (confirmed: number | null): TrustAged => ({ rootName: 'root.json', confirmed });
const refusal = (trust: TrustAged): string => {
  try {
    demandAge(trust, MAX, NOW);
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('the age of trust', () => {
  it('is at most what the policy allows', () => {
    expect(refusal(rootOf(NOW - 2 * DAY))).toBe('');
    expect(refusal(rootOf(NOW - 2 * DAY - 1))).toMatch(/last known to be the newest at .* is 48h/);
    expect(refusal(rootOf(null))).toMatch(/nobody says how old/);
  });

  it('is no younger for a time that is yet to come, but for days that begin earlier elsewhere', () => {
    expect(refusal(rootOf(NOW + 14 * HOUR))).toBe('');
    expect(refusal(rootOf(NOW + 14 * HOUR + 1))).toMatch(/^TrustError: .* is yet to come by this clock, .*mend as-of$/);
    expect(refusal(rootOf(Date.UTC(9999, 11, 31)))).toContain('yet to come');
    const other = { name: 'company', from: 'company.json', confirmed: NOW + 3 * DAY };
    const trust = { ...rootOf(NOW), instances: [other] } as unknown as TrustAged;
    expect(refusal(trust)).toMatch(/the trusted root of company is said to be the newest at 2026-06-13/);
  });
});
