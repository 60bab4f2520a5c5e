import type { GetOptions, HttpAnswer } from '../net/request.ts';

/** Bytes that an address answers with, read when they are given. */
export interface Content {
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
  readonly pieces: () => Iterable<Buffer>;
}

/** As a server answers with a content, whose entity tag is its digest. */
export async function answerWith(
  { sha256, size, pieces }: Content,
  { maxBytes, etag, sink }: GetOptions,
): Promise<HttpAnswer> {
  const headers = { etag: `"${sha256}"` };
  if (etag === headers.etag) return { kind: 'unchanged', headers };
  if (size > maxBytes) return { kind: 'too-large' };
  if (sink === undefined) return { kind: 'ok', status: 200, body: Buffer.concat([...pieces()]), headers };
  const to = sink();
  for (const piece of pieces()) await to.write(piece);
  return { kind: 'ok', status: 200, body: Buffer.alloc(0), headers };
}
