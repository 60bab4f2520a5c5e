import { describe, expect, it } from 'vitest';
import { withoutGate } from '../../src/cli/gate/lockfiles.ts';
import { writtenBy } from '../../src/cli/gate/node/written.ts';
import { startCpu } from '../support/cpu.ts';

const ORIGIN = 'http://127.0.0.1:4874';
const GIVEN = `${ORIGIN}/npm-0123/a/-/a-1.0.0.tgz`;
const NPM = { registry: 'https://registry.npmjs.org/', namedBy: new Map([['registry', 'defaults']]) };

function cleaned(text: string, original: string, manager: Parameters<typeof writtenBy>[0], config = NPM): string {
  return withoutGate(text, { origin: ORIGIN, given: new Map([[GIVEN, original]]) }, writtenBy(manager, config));
}

describe('a lockfile after the gate', () => {
  it.each([
    ['yarn-classic', `  resolved "${GIVEN}#00ff"`, '  resolved "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#00ff"'],
    ['bun', `["a@1.0.0", "${GIVEN}", {}, "sha512-A"]`, '["a@1.0.0", "", {}, "sha512-A"]'],
    [
      'pnpm',
      `{integrity: x, tarball: ${GIVEN}}`,
      '{integrity: x, tarball: https://registry.npmjs.org/a/-/a-1.0.0.tgz}',
    ],
    [
      'yarn',
      `a@npm:1.0.0::__archiveUrl=${encodeURIComponent(GIVEN)}"`,
      'a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fregistry.npmjs.org%2Fa%2F-%2Fa-1.0.0.tgz"',
    ],
    ['npm', `"resolved": "${GIVEN}",`, '"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz",'],
  ] as const)('of %s says what it says of the public registry', (manager, text, clean) => {
    expect(cleaned(text, 'https://registry.npmjs.org/a/-/a-1.0.0.tgz', manager)).toBe(clean);
  });

  it('of Yarn 1 keeps npm’s address where somebody has named a registry', () => {
    const named = { registry: 'https://registry.npmjs.org/', namedBy: new Map([['registry', '.npmrc']]) };
    const [address, text] = ['https://registry.npmjs.org/a/-/a-1.0.0.tgz', `  resolved "${GIVEN}"`];
    expect(cleaned(text, address, 'yarn-classic', named)).toBe(`  resolved "${address}"`);
    const yarns = { ...named, registry: 'https://registry.yarnpkg.com/' };
    expect(cleaned(text, address, 'yarn-classic', yarns)).toContain('registry.yarnpkg.com/a/-/');
  });

  it.each(['yarn-classic', 'bun', 'pnpm'] as const)('of %s has a private registry’s address whole', (manager) => {
    const address = 'https://r.example/npm/a/-/a-1.0.0.tgz';
    expect(cleaned(`"${GIVEN}"`, address, manager)).toBe(`"${address}"`);
    expect(cleaned(`"${GIVEN}?x=1"`, address, manager)).toBe(`"${GIVEN}?x=1"`);
  });

  it('keeps what was not given, and what begins as what was', () => {
    const text = `"${GIVEN}.asc" "${ORIGIN}/npm-0123/b/-/b-1.0.0.tgz" "http://127.0.0.1:48749/a"`;
    expect(cleaned(text, 'https://registry.npmjs.org/a/-/a-1.0.0.tgz', 'bun')).toBe(text);
  });

  it('is read once, however much was given', () => {
    const given = new Map(
      Array.from({ length: 50_000 }, (_, i) => [`${ORIGIN}/npm-0123/a/-/a-${i}.tgz`, `https://r.example/a-${i}.tgz`]),
    );
    const text = [...given.keys()].map((address) => `"${address}"\n`).join('');
    const spent = startCpu();
    const clean = withoutGate(text, { origin: ORIGIN, given }, String);
    expect(clean).not.toContain(ORIGIN);
    expect(spent()).toBeLessThan(2000);
  });
});
