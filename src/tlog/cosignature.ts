import { createPublicKey, verify } from 'node:crypto';
import { Malformed, malformed } from './malformed.ts';
import { keyHint, parseKeyText, SPKI_PREFIX, type Note } from './note.ts';

/** A witness: its signature says that it saw this checkpoint, and no other history of the log before. */
export interface Witness {
  readonly name: string;
  /** Hint of its cosignatures, which is not the one of its key. */
  readonly hint: string;
  /** Its Ed25519 key, hex: under two names it is one witness. */
  readonly key: string;
  readonly verify: (text: Buffer, signature: Buffer) => boolean;
}

/** Types of signed-note keys: plain Ed25519, in which witnesses hand theirs around, and that of a cosignature. */
const ED25519 = 0x01;
const COSIGNATURE_V1 = 0x04;
const TIME_BYTES = 8;

/** Reads the key of a witness, `NAME+HINT+BASE64(TYPE || KEY)`, of either type. Throws `Malformed`. */
export function parseWitnessKey(text: string): Witness {
  const { name, typed } = parseKeyText(text);
  const [type] = typed;
  if ((type !== ED25519 && type !== COSIGNATURE_V1) || typed.length !== 33) {
    malformed('key of a witness is not Ed25519');
  }
  const raw = typed.subarray(1);
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  return {
    name,
    hint: keyHint(name, Buffer.concat([Buffer.from([COSIGNATURE_V1]), raw])),
    key: raw.toString('hex'),
    verify: (signed, signature) => verify(null, signed, key, signature),
  };
}

/**
 * When the witness signed the checkpoint, in seconds since 1970; null where it did not, or its signature does not hold
 * (https://github.com/C2SP/C2SP/blob/main/tlog-cosignature.md, cosignature/v1).
 */
export function cosignedAt(note: Note, witness: Witness): bigint | null {
  for (const { name, hint, signature } of note.signatures) {
    if (name !== witness.name || hint !== witness.hint || signature.length !== TIME_BYTES + 64) continue;
    const time = signature.readBigUInt64BE(0);
    const signed = Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), note.text]);
    if (witness.verify(signed, signature.subarray(TIME_BYTES))) return time;
  }
  return null;
}

/** Which witnesses count, and how many of them must have signed. */
export interface WitnessPolicy {
  /** What it was read from. */
  readonly text: string;
  readonly witnesses: readonly Witness[];
  /** Whether these names of witnesses are enough. */
  readonly holds: (signed: ReadonlySet<string>) => boolean;
}

const MAX_LINES = 1000;
type Enough = (signed: ReadonlySet<string>) => boolean;

/**
 * Reads a policy (https://github.com/C2SP/C2SP/blob/main/tlog-policy.md): `witness NAME KEY [URL]`,
 * `group NAME any|all|K MEMBER...` and one `quorum NAME|none`.
 * A name is a member of one group at most, once. Which logs there are, the trusted root says: `log` lines
 * are passed over. Throws `Malformed`.
 */
export function parseWitnessPolicy(text: string): WitnessPolicy {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  if (lines.length > MAX_LINES) malformed(`policy of witnesses has more than ${MAX_LINES} lines`);
  const witnesses: Witness[] = [];
  const members = new Map<string, Enough>();
  const grouped = new Set<string>();
  let quorum: Enough | null = null;
  const define = (name: string | undefined, enough: Enough): void => {
    if (name === undefined || name === 'none' || members.has(name))
      malformed(`policy of witnesses has the name ${name ?? ''} twice`);
    members.set(name, enough);
  };
  const named = (name: string): Enough => members.get(name) ?? malformed(`policy names ${name}, which it has not yet`);
  let at = 0;
  try {
    for (const line of lines) {
      at += 1;
      if (line === '') continue;
      const [word, name, first = '', ...rest] = line.split(/\s+/);
      if (word === 'log') continue;
      if (word === 'witness') {
        const witness = parseWitnessKey(first);
        witnesses.push(witness);
        define(name, (signed) => signed.has(witness.name));
      } else if (word === 'group') {
        // Each stands for itself once: in two places, or twice in one, it would count for more than it is.
        for (const member of rest) {
          if (grouped.has(member)) malformed(`policy has ${member} in a group twice, or in two groups`);
          grouped.add(member);
        }
        const group = rest.map(named);
        const least =
          first === 'any' ? 1 : first === 'all' ? group.length : /^[1-9]\d*$/.test(first) ? Number(first) : 0;
        if (least < 1 || least > group.length) {
          malformed(`group ${name ?? ''} demands ${first} of ${group.length}`);
        }
        define(name, (signed) => group.filter((enough) => enough(signed)).length >= least);
      } else if (word === 'quorum' && quorum === null && name !== undefined && first === '') {
        quorum = name === 'none' ? () => true : named(name);
      } else {
        malformed(`policy of witnesses has a line that is not understood: ${line.slice(0, 60)}`);
      }
    }
  } catch (error) {
    if (error instanceof Malformed) malformed(`line ${at}: ${error.message}`);
    throw error;
  }
  for (const part of ['name', 'key'] as const) {
    if (new Set(witnesses.map((one) => one[part])).size < witnesses.length) malformed('policy has a witness twice');
  }
  return { text, witnesses, holds: quorum ?? malformed('policy of witnesses has no quorum') };
}

/** The names of the witnesses whose cosignature holds. */
export function cosigners(note: Note, witnesses: readonly Witness[]): ReadonlySet<string> {
  return new Set(witnesses.filter((witness) => cosignedAt(note, witness) !== null).map(({ name }) => name));
}

/** How a checkpoint that these witnesses signed falls short of what is demanded; empty where it does not. */
export function lackingWitnesses(policy: WitnessPolicy | null, cosigned: ReadonlySet<string>): string {
  if (policy === null || policy.holds(cosigned)) return '';
  return `${cosigned.size} of ${policy.witnesses.length} witnesses signed its checkpoint, which the policy refuses`;
}
