import { MAX_ATTESTATIONS } from '../model/limits.ts';
import { isObject } from '../model/value.ts';

/** One attestation of a registry's document: a Sigstore bundle, and what the document calls it. */
export interface BundlePart {
  readonly predicateType: string;
  readonly bytes: Buffer;
}

/**
 * The bundles of a document of attestations, each in the form that other verifiers take; null where the document is not
 * made of them alone, and so must be kept as it is.
 */
export function splitBundles(body: Buffer): readonly BundlePart[] | null {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  const list: unknown = isObject(json) && Object.keys(json).length === 1 ? json['attestations'] : null;
  if (!Array.isArray(list) || list.length > MAX_ATTESTATIONS) return null;
  const parts = list.flatMap((item: unknown) => {
    if (!isObject(item) || Object.keys(item).length !== 2) return [];
    const { predicateType, bundle } = item;
    if (typeof predicateType !== 'string' || !/^[ -~]{0,1024}$/.test(predicateType) || !isObject(bundle)) return [];
    return [{ predicateType, bytes: Buffer.from(JSON.stringify(bundle)) }];
  });
  return parts.length === list.length ? parts : null;
}

/** The document again. Bundles are put in as they are: what comes of a hostile one is read as any other document. */
export function joinBundles(parts: readonly BundlePart[]): Buffer {
  const pieces = parts.flatMap(({ predicateType, bytes }, i) => [
    Buffer.from(`${i === 0 ? '' : ','}{"predicateType":${JSON.stringify(predicateType)},"bundle":`),
    bytes,
    Buffer.from('}'),
  ]);
  return Buffer.concat([Buffer.from('{"attestations":['), ...pieces, Buffer.from(']}')]);
}
