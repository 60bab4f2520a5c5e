import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogHit } from '../../src/model/log.ts';
import type { Run } from '../cli/run.ts';
import { serveFiles, type Listening } from './listen.ts';

/** What the tests read of an answer of `assay log --json`. */
export interface LogJson {
  readonly entries: readonly LogEntryJson[];
  readonly searches: readonly SearchJson[];
}

export interface LogEntryJson {
  readonly log: string;
  readonly word: string;
  readonly reason: string;
  readonly size: string | null;
  readonly kept: string | null;
  readonly otherTrees: readonly string[];
  readonly frozen: string | null;
  readonly cosigned: readonly string[];
  readonly witnesses: number;
  readonly evidence: string | null;
  readonly hit: HitJson | null;
}

export interface HitJson extends Pick<LogHit, 'kind' | 'version' | 'index' | 'leaf' | 'cosigned' | 'uuid'> {
  readonly record: {
    readonly of: string;
    readonly digest: string;
    readonly signer: {
      readonly kind: string;
      readonly issued?: boolean;
      readonly identity?: { readonly subject: string; readonly repositoryId: string | null };
    };
  } | null;
}

export interface SearchJson {
  readonly name: string;
  readonly outcome: string;
  readonly hits: readonly { readonly published: boolean | null; readonly matches: string; readonly hit: HitJson }[];
  readonly asked: readonly { readonly question: string; readonly found: number | null }[];
  readonly unsearchable: readonly string[];
}

/** One line of `assay log watch --json`. */
export interface EventJson {
  readonly event: 'finding' | 'trouble' | 'read';
  readonly log?: string;
  readonly from?: string;
  readonly to?: string;
  readonly note?: string | null;
  readonly cosigned?: number;
  readonly witnesses?: number;
  readonly alarm?: string;
  readonly word?: string;
  readonly evidence?: string | null;
  readonly hit?: HitJson & { readonly log: string };
}

export const logJson = ({ stdout }: Run): LogJson => JSON.parse(stdout) as LogJson;
export const entryIn = (run: Run): LogEntryJson | undefined => logJson(run).entries[0];
export const eventsIn = ({ stdout }: Run): EventJson[] =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as EventJson]));

/** Serves the files of a log of Rekor v2 where its readers look for them. */
export function serveTiles(folder: string): Promise<Listening> {
  return serveFiles((path) => {
    if (!/^api\/v2\/(?:checkpoint|tile\/[\w./]+)$/.test(path)) return null;
    try {
      return readFileSync(join(folder, path.slice('api/v2/'.length)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  });
}
