import type { Digest, HashAlgorithm } from '../model/dependency.ts';
import type { Statement } from '../model/proof.ts';
import { hex, isUnset, list, object, parseJson, text } from './json.ts';
import { malformed, reading, refuse, show } from './refusal.ts';

/** The only payload type a statement is signed under (in-toto attestation specification, envelope layer). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const STATEMENT_TYPES: ReadonlySet<string> = new Set([
  'https://in-toto.io/Statement/v0.1',
  'https://in-toto.io/Statement/v1',
]);

const DIGEST_BYTES: Readonly<Record<HashAlgorithm, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const MAX_SUBJECTS = 10_000;
const MAX_DIGESTS = 100;
const MAX_TEXT = 65_536;

/**
 * Parses the payload of an envelope as an in-toto statement, v0.1 or v1. Digests by functions the model does not know
 * are left out. Throws `Refusal` with `statement-malformed` or `statement-type`.
 */
export function parseStatement(payload: Buffer): Statement {
  return reading('statement-malformed', () => {
    const statement = object(parseJson(payload, 'statement'), 'statement');
    const type = text(statement['_type'], '_type', MAX_TEXT);
    if (!STATEMENT_TYPES.has(type)) refuse('statement-type', `statement of type ${show(type)}`);
    const subjects = list(statement['subject'], 'subject', MAX_SUBJECTS).map((subject, index) =>
      parseSubject(subject, `subject[${index}]`),
    );
    if (subjects.length === 0) malformed('subject is empty');
    return {
      type,
      predicateType: text(statement['predicateType'], 'predicateType', MAX_TEXT),
      subjects,
      predicate: statement['predicate'] ?? null,
    };
  });
}

function parseSubject(json: unknown, path: string): Statement['subjects'][number] {
  const subject = object(json, path);
  const digest = Object.entries(object(subject['digest'], `${path}.digest`));
  if (digest.length === 0 || digest.length > MAX_DIGESTS) malformed(`${path}.digest has ${digest.length} entries`);
  const digests = digest.flatMap(([name, value]): Digest[] => {
    const algorithm = (Object.keys(DIGEST_BYTES) as HashAlgorithm[]).find((known) => known === name);
    if (algorithm === undefined) return [];
    const bytes = hex(value, `${path}.digest.${name}`, DIGEST_BYTES[algorithm]);
    return [{ algorithm, hex: bytes.toString('hex') }];
  });
  // Statement v1 lets a subject have no name; it then matches none.
  return { name: isUnset(subject['name']) ? '' : text(subject['name'], `${path}.name`, MAX_TEXT), digests };
}
