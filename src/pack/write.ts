import { readFileSync } from 'node:fs';
import { compareText } from '../model/value.ts';
import { splitBundles } from './bundles.ts';
import { indexBytes, isAddress, oneLine, type Answer, type PackIndex } from './index-file.ts';
import { headerOf, INDEX, INDEX_SUM, indexSum, paddingOf, placesOf, TRAILER, type Member } from './layout.ts';
import { bundlePath, isAttestations, otherPath, pathFor, type Places } from './names.ts';
import type { Pack } from './open.ts';
import { piecesOf, type Received, type Recorder } from './record.ts';

/** What a pack is to say beside what was answered. */
export type About = Pick<PackIndex, 'made' | 'by' | 'lockfiles' | 'registries' | 'trust'>;

/** A pack that is yet to be written. */
export interface NewPack {
  readonly index: PackIndex;
  /** Of the whole file. */
  readonly size: number;
  readonly pieces: () => Iterable<Buffer>;
}

/** Makes a pack of what was recorded, without what `base` has. One record gives one file, but for `made`. */
export async function packOf(recorder: Recorder, about: About, base: Pack | null): Promise<NewPack> {
  const repositories = about.trust.map(({ url }) => url);
  const places: Places = { registries: about.registries, repositories };
  const files = new Map<string, Received>();
  const add = (path: string, content: Received): void => {
    if ((base?.sizeOf(content.sha256) ?? null) === null) files.set(path, content);
  };
  const isTaken = (path: string): boolean => files.has(path);
  const recorded = [...(await recorder.recorded())]
    .filter(([url]) => isAddress(url))
    .sort(([a], [b]) => compareText(a, b));
  const answers = recorded.map(([url, one]): Answer => {
    if (one.kind === 'failed') return { url, state: 'unavailable', reason: oneLine(one.reason), status: one.status };
    if (one.kind !== 'ok') return { url, state: one.kind };
    const named = pathFor(url, places);
    const isDocument = isAttestations(url);
    const parts = isDocument ? splitBundles(readFileSync(one.content.path)) : null;
    if (parts === null) {
      const path = isDocument ? `${named}/attestations.json` : named;
      add(isTaken(path) ? otherPath(url) : path, one.content);
      return { url, state: 'present', sha256: one.content.sha256 };
    }
    const folder = isTaken(bundlePath(named, 1)) ? otherPath(url) : named;
    const bundles = parts.map(({ predicateType, bytes }, i) => {
      const content = recorder.keep(bytes);
      add(bundlePath(folder, i + 1), content);
      return { predicateType, sha256: content.sha256 };
    });
    return { url, state: 'present', bundles };
  });
  const sorted = [...files].sort(([a], [b]) => compareText(a, b));
  const members = sorted.map(([path, { sha256, size }]): Member => ({ path, sha256, size }));
  const basedOn = base === null ? null : { made: base.index.made, index: base.digest };
  const lockfiles = about.lockfiles.map(({ path, sha256 }) => ({ path: oneLine(path), sha256 }));
  const index = { ...about, lockfiles, base: basedOn, answers, members };
  const bytes = indexBytes(index);
  return {
    index,
    size: placesOf(bytes.length, members).end,
    pieces: () => tarOf(bytes, sorted),
  };
}

function* tarOf(index: Buffer, files: readonly (readonly [path: string, content: Received])[]): Iterable<Buffer> {
  const sum = indexSum(index);
  yield* [headerOf({ path: INDEX, size: index.length }), index, Buffer.alloc(paddingOf(index.length))];
  yield* [headerOf({ path: INDEX_SUM, size: sum.length }), sum, Buffer.alloc(paddingOf(sum.length))];
  for (const [path, { size, path: from }] of files) {
    yield headerOf({ path, size });
    yield* piecesOf(from);
    yield Buffer.alloc(paddingOf(size));
  }
  yield TRAILER;
}
