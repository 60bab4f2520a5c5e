import { conventionsOf } from '../ecosystems/conventions/index.ts';
import { packageId } from '../model/package.ts';
import { parseInstant, type Instant } from '../model/time.ts';
import { LockfileError } from '../readers/error.ts';
import { parseToml, type TomlTable, type TomlValue } from '../readers/toml.ts';
import { AdvisoryError } from './error.ts';
import type { Coverage, ReadRecord } from './record.ts';

/** The metadata of an advisory is the block of TOML that it begins with. */
const FRONT_MATTER = /^\s*```toml\r?\n([^]*?)\r?\n```/;

/**
 * Reads an advisory of the RustSec database as its repository has it
 * (https://github.com/rustsec/advisory-db#advisory-format). Malicious are those whose `categories` say so; the
 * others are about vulnerabilities, or informational. Throws AdvisoryError, without the file's name.
 */
export function readRustsec(text: string): ReadRecord {
  const root = parse(FRONT_MATTER.exec(text)?.[1]);
  const advisory = tableOf(root.get('advisory'), 'no table [advisory]');
  const [id, name] = [advisory.get('id'), advisory.get('package')];
  if (typeof id !== 'string' || typeof name !== 'string') throw new AdvisoryError('it has no id or no package');
  const date = dayOf(advisory.get('date'), 'date');
  const withdrawn = advisory.get('withdrawn');
  const takenBack = withdrawn === undefined ? null : dayOf(withdrawn, 'withdrawn');
  const modified = Math.max(date, takenBack ?? date);
  const categories = textsOf(advisory.get('categories'), 'categories');
  if (!categories.includes('malicious')) return { kind: 'other', modified };
  const versions = tableOf(root.get('versions'), 'no table [versions]');
  const others = ['patched', 'unaffected'].flatMap((key) => textsOf(versions.get(key), key));
  const { osv } = conventionsOf('cargo');
  const affected = [
    { id: packageId({ ecosystem: 'cargo', name: osv.name(name) }), covers: (one: string) => without(others, one) },
  ];
  return { kind: 'malicious', record: { id, modified, withdrawn: takenBack, affected } };
}

/** Every version is affected but those that a requirement allows, as Cargo understands it. */
function without(requirements: readonly string[], version: string): Coverage {
  const { versions } = conventionsOf('cargo');
  const wrong = requirements.find((one) => !versions.isRange(one));
  if (wrong !== undefined) {
    return { state: 'unreadable', reason: `${JSON.stringify(wrong.slice(0, 40))} is no requirement of Cargo` };
  }
  const isOther = requirements.some((one) => versions.satisfies(version, one));
  return isOther ? { state: 'clear' } : { state: 'covered', whole: requirements.length === 0 };
}

function parse(text: string | undefined): TomlTable {
  if (text === undefined) throw new AdvisoryError('it does not begin with a block of TOML');
  try {
    return parseToml('its TOML', text, 'fetch the database anew').root;
  } catch (error) {
    if (error instanceof LockfileError) throw new AdvisoryError(error.message);
    throw error;
  }
}

function tableOf(value: TomlValue | undefined, problem: string): TomlTable {
  if (!(value instanceof Map)) throw new AdvisoryError(`it has ${problem}`);
  return value;
}

function textsOf(value: TomlValue | undefined, what: string): readonly string[] {
  if (value === undefined) return [];
  const texts = Array.isArray(value) ? value : [value];
  if (!Array.isArray(value) || !texts.every((one) => typeof one === 'string')) {
    throw new AdvisoryError(`its ${what} is no list of texts`);
  }
  return texts;
}

function dayOf(value: TomlValue | undefined, what: string): Instant {
  const time = typeof value === 'string' ? parseInstant(`${value}T00:00:00Z`) : null;
  if (time === null) throw new AdvisoryError(`its ${what} is no date`);
  return time;
}
