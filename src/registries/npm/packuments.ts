import { MAX_PACKUMENT_BYTES, PACKUMENTS_KEPT } from '../../model/limits.ts';
import type { HttpClient } from '../../net/request.ts';
import { createDocuments, type Documents } from '../documents.ts';
import { JSON_TYPE } from '../evidence-of.ts';
import { parsePackument, type NpmPackument } from './packument.ts';

/** The full documents of packages, by address. */
export type Packuments = Documents<NpmPackument>;

export function createPackuments(client: HttpClient): Packuments {
  return createDocuments(client, {
    accept: JSON_TYPE,
    maxBytes: MAX_PACKUMENT_BYTES,
    kept: PACKUMENTS_KEPT,
    read: parsePackument,
  });
}
