import { createHash } from 'node:crypto';
import { newBehaviours, type Behaviours } from '../../lab/behaviours.ts';
import { serve, type LoggedRequest } from '../../lab/server.ts';
import type { TufRepository } from '../../lab/tuf.ts';

export interface ServedRepository {
  readonly url: string;
  readonly requests: LoggedRequest[];
  readonly close: () => Promise<void>;
}

/** A TUF repository on the network. The caller closes it. */
export async function serveRepository(
  { files }: TufRepository,
  behaviours: Behaviours = newBehaviours(),
): Promise<ServedRepository> {
  const requests: LoggedRequest[] = [];
  const { url, close } = await serve({
    behaviours,
    requests,
    latencyMs: 0,
    requireToken: null,
    answer: (path) => {
      const body = files.get(path);
      if (body === undefined) return null;
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      return { type: 'application/json', etag, gzip: null, body };
    },
  });
  return { url, close, requests };
}
