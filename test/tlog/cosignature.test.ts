import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cosignedAt, cosigners, parseWitnessKey, parseWitnessPolicy } from '../../src/tlog/cosignature.ts';
import { Malformed } from '../../src/tlog/malformed.ts';
import { parseNote, type Note } from '../../src/tlog/note.ts';
import { newWitness, type TestWitness } from '../support/witness.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const TEXT = 'log.test\n12\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';

const keys = generateKeyPairSync('ed25519');
const [a, b, c] = [newWitness('a.test/w', keys), newWitness('b.test'), newWitness('c.test')];
const note = (...lines: string[]): Note => parseNote(`${TEXT}\n${['— log.test AAAAAAAA', ...lines].join('\n')}\n`);

describe('cosignatures', () => {
  it.each([1, 4])('hold under a key of type %i, and say when', (type) => {
    expect(cosignedAt(note(a.line(1234n, TEXT)), parseWitnessKey(a.vkey(type)))).toBe(1234n);
  });

  it('do not hold for another text, another time, another witness or another name', () => {
    const key = parseWitnessKey(a.vkey());
    expect(cosignedAt(note(a.line(1n, TEXT.replace('12', '13'))), key)).toBeNull();
    const shifted = Buffer.from(a.line(1n, TEXT).split(' ')[2] ?? '', 'base64');
    shifted[11] = 2;
    expect(cosignedAt(note(`— ${a.name} ${shifted.toString('base64')}`), key)).toBeNull();
    expect(cosignedAt(note(b.line(1n, TEXT)), key)).toBeNull();
    expect(cosignedAt(note(a.line(1n, TEXT).replace(a.name, b.name)), parseWitnessKey(b.vkey()))).toBeNull();
    expect(cosignedAt(note(), key)).toBeNull();
  });

  it.each([
    ['an unknown type', a.vkey(6)],
    ['a hint of another key', a.vkey().replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['no key', 'a.test'],
  ])('of a key with %s are refused', (_, text) => {
    expect(() => parseWitnessKey(text)).toThrow(Malformed);
  });
});

describe('a policy of witnesses', () => {
  const witnesses = [a, b, c].map((one, i) => `witness w${i} ${one.vkey()} https://${one.name}`).join('\n');
  const policy = `# whom we know\nlog ${a.vkey()}\n${witnesses}\n`;
  const two = 'group two 2 w0 w1 w2\n';
  const one = 'group one any w1 w2\n';
  const holds = (rest: string, ...signers: TestWitness[]): boolean => {
    const { holds: enough, witnesses: known } = parseWitnessPolicy(policy + rest);
    return enough(cosigners(note(...signers.map((one) => one.line(9n, TEXT))), known));
  };

  it('demands so many of a group, a group within a group, a single one, or none', () => {
    expect([holds(`${two}quorum two\n`, a), holds(`${two}quorum two`, a, c), holds(`${two}quorum two`, a, a)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([holds(`${one}quorum one`, a), holds(`${one}quorum one`, b)]).toEqual([false, true]);
    const nested = one + 'group all3 all w0 one\nquorum all3';
    expect([holds(nested, a), holds(nested, b, c), holds(nested, a, c)]).toEqual([false, false, true]);
    expect([holds('quorum w2', a, b), holds('quorum w2', c), holds('quorum none')]).toEqual([false, true, true]);
  });

  it.each([
    ['no quorum', ''],
    ['two', 'quorum w0\nquorum w1'],
    ['a name it has not', 'quorum w9'],
    ['a name twice', `witness w0 ${newWitness('d.test').vkey()}\nquorum w0`],
    ['a key twice', `witness w8 ${a.vkey()}\nquorum w0`],
    ['more than there are', 'group g 4 w0 w1 w2\nquorum g'],
    ['none of a group', 'group g 0 w0\nquorum g'],
    ['a part of a number', 'group g 1e0 w0\nquorum g'],
    ['a number in hex', 'group g 0x1 w0\nquorum g'],
    ['no number', 'group g +1 w0\nquorum g'],
    ['a member twice', 'group g 2 w0 w0 w1\nquorum g'],
    ['a member twice of all', 'group g all w0 w0\nquorum g'],
    ['a witness of two groups', `${one}group g any w0 w1\nquorum g`],
    ['a group of two groups', `${one}group g any one w0\ngroup h any one\nquorum h`],
    ['none as a member', 'group g 2 w0 none\nquorum g'],
    ['none as a member alone', 'group g 1 none\nquorum g'],
    ['none as a name', 'group none 1 w0\nquorum none'],
    ['a key under two names', `witness w8 ${newWitness('d.test', keys).vkey()}\nquorum w0`],
    ['another word', 'trust w0\nquorum w0'],
  ])('is refused with %s', (_, rest) => {
    expect(() => parseWitnessPolicy(policy + rest)).toThrow(Malformed);
  });

  it('says in which line it is not understood', () => {
    expect(() => parseWitnessPolicy('# of ours\n\nwitness a bad\nquorum a\n')).toThrow(/^line 3: key of signed notes/);
  });
});

const NOTE = hasSharedData ? '' : ' (skipped: the data is not on this machine)';
describe.skipIf(!hasSharedData)(`what a real witness signed${NOTE}`, () => {
  it('holds under both forms of its key and is enough for its policy', () => {
    const read = (name: string): string => readFileSync(sharedData(`logs/witness/${name}`), 'utf8');
    const real = parseNote(read('checkpoint-cosigned-2'));
    for (const name of ['w1.town.test.vkey', 'w1.town.test.vkey-cosignature']) {
      expect(cosignedAt(real, parseWitnessKey(read(name).trim()))).toBe(1795953279n);
    }
    const { holds, witnesses } = parseWitnessPolicy(read('policy.txt'));
    expect(holds(cosigners(real, witnesses))).toBe(true);
    expect(holds(new Set())).toBe(false);
  });
});
