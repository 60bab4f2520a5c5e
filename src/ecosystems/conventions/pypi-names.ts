import type { Names } from './conventions.ts';
import { versions } from './pypi-versions.ts';

const MAX_LENGTH = 255;
const PUBLIC_HOSTS: ReadonlySet<string> = new Set(['pypi.org', 'files.pythonhosted.org']);

/** https://packaging.python.org/en/latest/specifications/name-normalization/#name-format */
function isName(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(text);
}

/** https://packaging.python.org/en/latest/specifications/name-normalization/#name-normalization (PEP 503) */
export function normalise(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

function isPublicRegistry(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host } = new URL(address);
  return protocol === 'https:' && PUBLIC_HOSTS.has(host);
}

/** How PyPI names packages. */
export const names: Names = {
  isName,
  normalise,
  isSelector: (text) => isName(text.replaceAll('*', 'x')) && !text.includes('**'),
  purl: (name, version) => `pkg:pypi/${normalise(name)}@${encodeURIComponent(version).replaceAll('!', '%21')}`,
  isPublicRegistry,
  target: (name, specifier) => (versions.isRange(specifier) ? { name: normalise(name), range: specifier } : null),
};
