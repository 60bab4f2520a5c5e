import { generateKeyPairSync, sign } from 'node:crypto';
import { keyHint } from '../../src/tlog/note.ts';

/** A witness with a key of its own. */
export interface TestWitness {
  readonly name: string;
  /** As keys of witnesses are handed around; of a type of signed notes. */
  readonly vkey: (type?: number) => string;
  /** Its signature line under a text, at a time in seconds since 1970. */
  readonly line: (time: bigint, text: string) => string;
}

export function newWitness(name: string, keys = generateKeyPairSync('ed25519')): TestWitness {
  const { publicKey, privateKey } = keys;
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const typed = (type: number): Buffer => Buffer.concat([Buffer.from([type]), raw]);
  return {
    name,
    vkey: (type = 1) => `${name}+${keyHint(name, typed(type))}+${typed(type).toString('base64')}`,
    line: (time, text) => {
      const at = Buffer.alloc(8);
      at.writeBigUInt64BE(time);
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey);
      const bytes = Buffer.concat([Buffer.from(keyHint(name, typed(4)), 'hex'), at, signature]);
      return `— ${name} ${bytes.toString('base64')}`;
    },
  };
}

/** A checkpoint with these signature lines of witnesses behind its own. */
export function cosigned(envelope: string, ...lines: string[]): string {
  return `${envelope}${lines.map((line) => `${line}\n`).join('')}`;
}

/** What of a checkpoint is signed. */
export function signedText(envelope: string): string {
  return envelope.slice(0, envelope.lastIndexOf('\n\n') + 1);
}
