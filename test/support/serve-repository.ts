import { newBehaviours, type Behaviours } from '../../lab/behaviours.ts';
import { answerOf, serve, type LoggedRequest } from '../../lab/server.ts';
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
    answer: (path) => {
      const body = files.get(path);
      return body === undefined ? null : answerOf('application/json', body);
    },
  });
  return { url, close, requests };
}
