import type { IncomingHttpHeaders } from 'node:http';
import type { Validator } from '../model/evidence.ts';
import type { Instant } from '../model/time.ts';
import { MAX_FRESH_MS } from '../model/limits.ts';

/**
 * What the headers of an answer allow (RFC 9111 section 4.2.1 and 5.2.2). Null where the answer must not be stored or
 * cannot be recognised again.
 */
export function validatorOf(headers: IncomingHttpHeaders, now: Instant): Validator | null {
  const { etag } = headers;
  const directives = (headers['cache-control'] ?? '').toLowerCase().split(',');
  const has = (name: string): boolean => directives.some((directive) => directive.trim().split('=')[0] === name);
  if (etag === undefined || !/^(?:W\/)?"[!#-~]{0,256}"$/.test(etag) || has('no-store')) return null;
  const seconds = directives.map((directive) => /^\s*max-age=(\d{1,9})\s*$/.exec(directive)?.[1]).find(Boolean);
  const age = /^\d{1,9}$/.test(headers.age ?? '') ? Number(headers.age) : 0;
  const left = has('no-cache') || seconds === undefined ? 0 : (Number(seconds) - age) * 1000;
  return { etag, freshUntil: now + Math.min(Math.max(left, 0), MAX_FRESH_MS) };
}
