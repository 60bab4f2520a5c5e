import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../src/tlog/checkpoint.ts';
import { Malformed } from '../../src/tlog/malformed.ts';
import { keyHint, parseKeyText, parseNote, parseNoteKey, signatureFault } from '../../src/tlog/note.ts';

describe('checkpoints', () => {
  const root = Buffer.alloc(32, 7).toString('base64');
  const line = `— log.test ${Buffer.alloc(68, 1).toString('base64')}`;
  const note = (text: string, ...lines: string[]): string => `${text}\n\n${lines.join('\n')}\n`;

  it('reads origin, size, root and every signature', () => {
    const parsed = parseCheckpoint(note(`log.test - 1\n12\n${root}\nTimestamp: 1`, line, '— witness/w AQIDBAU='));
    expect(parsed).toMatchObject({ origin: 'log.test - 1', size: 12n });
    expect(parsed.signatures.map(({ name, hint }) => [name, hint])).toEqual([
      ['log.test', '01010101'],
      ['witness/w', '01020304'],
    ]);
    expect(parsed.text.toString()).toBe(`log.test - 1\n12\n${root}\nTimestamp: 1\n`);
  });

  it.each([
    ['no signature', `log.test\n12\n${root}\n\n`],
    ['no blank line', `log.test\n12\n${root}\n${line}\n`],
    ['no last newline', note(`log.test\n12\n${root}`, line).slice(0, -1)],
    ['no origin', note(`\n12\n${root}`, line)],
    ['a size with a leading zero', note(`log.test\n012\n${root}`, line)],
    ['a negative size', note(`log.test\n-1\n${root}`, line)],
    ['a short root', note('log.test\n12\nAAAA', line)],
    ['a hyphen instead of a dash', note(`log.test\n12\n${root}`, line.replace('—', '-'))],
    ['a signature of a hint only', note(`log.test\n12\n${root}`, '— log.test AQIDBA==')],
    ['too many signatures', note(`log.test\n12\n${root}`, ...Array<string>(65).fill(line))],
  ])('refuses %s', (_, envelope) => {
    expect(() => parseCheckpoint(envelope)).toThrow(Malformed);
  });
});

/** Of a base64 digit whose last two bits are zero, the next. */
function nextOf(digit = ''): string {
  return String.fromCharCode(digit.charCodeAt(0) + 1);
}

describe('signed notes', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const typed = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const name = 'example.org/log';
  const hint = keyHint(name, typed);
  const key = parseNoteKey(`${name}+${hint}+${typed.toString('base64')}`);

  const text = 'If you think cryptography is the answer,\n\nyou have not asked.\n';
  const line = (by: string, id: string, signed = text, signer = privateKey): string =>
    `— ${by} ${Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(signed), signer)]).toString('base64')}\n`;
  const own = line(name, hint);
  const fault = (...lines: string[]): 'unsigned' | 'broken' | null =>
    signatureFault(parseNote(`${text}\n${lines.join('')}`), key);

  it('hold by a signature of the key, whoever signed beside it', () => {
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const witness = line('witness.example', '00112233', 'another text\n', stranger);
    expect(fault(own)).toBeNull();
    expect(fault(witness, own)).toBeNull();
    expect(parseNote(`${text}\n${witness}${own}`).signatures.map((one) => one.name)).toEqual(['witness.example', name]);
    expect(fault(witness)).toBe('unsigned');
  });

  it('do not hold with a broken signature of the key, even beside one that holds', () => {
    const broken = line(name, hint, 'another text\n');
    expect(fault(broken)).toBe('broken');
    expect(fault(own, broken)).toBe('broken');
    expect(fault(broken, own)).toBe('broken');
    const short = `— ${name} ${Buffer.from(`${hint}00`, 'hex').toString('base64')}\n`;
    expect(fault(own, short)).toBe('broken');
  });

  it('are not signed by a key of the same name with another id, or the same id under another name', () => {
    expect(fault(line(name, '00112233'))).toBe('unsigned');
    expect(fault(line('example.org/other', hint))).toBe('unsigned');
  });

  it('split their text from their signatures at the last blank line', () => {
    expect(parseNote(`${text}\n${own}`).text.toString()).toBe(text);
    expect(() => parseNote(`${text}\n${own}\n`)).toThrow(Malformed);
    expect(() => parseNote(`\n\n`)).toThrow(Malformed);
  });

  it.each([
    ['a carriage return', (note: string) => note.replace('answer,', 'answer,\r')],
    ['NUL', (note: string) => note.replace('answer', '\0')],
    ['a tab', (note: string) => note.replace(' you', '\tyou')],
    ['half a surrogate pair', (note: string) => note.replace('answer', '\ud800')],
    ['a plus in a name', (note: string) => note.replace('— example', '— ex+mple')],
    ['another white space in a name', (note: string) => note.replace('— example', '— ex\u0085mple')],
    ['base64 with other bits left over', (note: string) => note.replace(/.=\n$/, ([last]) => `${nextOf(last)}=\n`)],
    ['base64 of the other alphabet', (note: string) => note.replace(/.{6}\n$/, '-_-_==\n')],
    ['two spaces', (note: string) => note.replace('— example', '—  example')],
    ['a million characters', (note: string) => `${'x'.repeat(1_000_000)}${note}`],
  ])('are refused with %s', (_, change) => {
    const note = `${text}\n${own}`;
    expect(() => parseNote(change(note))).toThrow(Malformed);
    expect(() => parseNote(note)).not.toThrow();
  });

  it('are verified with keys as they are handed around', () => {
    const database = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
    expect(parseNoteKey(database)).toMatchObject({ name: 'sum.golang.org', hints: ['033de0ae'] });
    for (const bad of [
      database.replace('033de0ae', '033de0af'),
      database.replace('sum.', 'sun.'),
      database.replace('+033de0ae', ''),
      database.slice(0, -4),
      database.replace('+Ac4z', '+Bc4z'),
      '',
      '++',
    ]) {
      expect(() => parseNoteKey(bad), bad).toThrow(Malformed);
    }
  });

  it('have no White_Space of Unicode in their names, and no plus', () => {
    const key = (name: string): string => `${name}+${keyHint(name, Buffer.from([1]))}+AQ==`;
    const refused = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((char) => {
      try {
        return parseKeyText(key(`a${char}b`)).name === '';
      } catch {
        return true;
      }
    });
    const wanted = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((char) =>
      /\p{White_Space}|\+/u.test(char),
    );
    expect(refused).toEqual(wanted);
    expect(parseKeyText(key('a\u{1f600}b')).name).toBe('a\u{1f600}b');
  });

  it('of the Go checksum database verify under its key', () => {
    const head =
      'go.sum database tree\n72097574\nTN5X3MLGTDFnVRn7RF0+aSqn9MdPDdly11pPObF1Ti8=\n\n' +
      '— sum.golang.org Az3grqWEGn3sDlsyQ9ppBk0lZ6N+PyvyN98h/w05RN0Kd0gEPt5lnWXQ0GU4cdmhWiTJp6w7TVjS+LEx1xKeKQ+9EAk=\n';
    const key = parseNoteKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');
    const checkpoint = parseCheckpoint(head);
    expect(checkpoint).toMatchObject({ origin: 'go.sum database tree', size: 72097574n, extensions: [] });
    expect(signatureFault(checkpoint, key)).toBeNull();
    const changed = parseCheckpoint(head.replace('72097574', '72097575'));
    expect(signatureFault(changed, key)).toBe('broken');
    // What stands behind the root is signed with it.
    const extended = parseCheckpoint(head.replace('Ti8=\n', 'Ti8=\nan extension\n'));
    expect(extended.extensions).toEqual(['an extension']);
    expect(signatureFault(extended, key)).toBe('broken');
  });
});
