import type { Evidence } from '../model/evidence.ts';
import type { HttpClient } from '../net/request.ts';
import { parseEntryBundle } from '../tlog/entries.ts';
import { malformed } from '../tlog/malformed.ts';
import { entriesPath, tilePath, WIDTH, type Tile } from '../tlog/tiles.ts';
import { askLog } from './answer.ts';

/** The files of a log of Rekor v2 (C2SP tlog-tiles below /api/v2/). */
const MAX_CHECKPOINT_BYTES = 1_000_000;
const MAX_TILE_BYTES = WIDTH * 32;
const MAX_BUNDLE_BYTES = WIDTH * (2 + 65_535);

export function askCheckpoint(http: HttpClient, url: string): Promise<Evidence<string>> {
  const options = { maxBytes: MAX_CHECKPOINT_BYTES };
  return askLog(http, `${url}/api/v2/checkpoint`, options, (body) => body.toString('utf8'));
}

/** Hashes of a tile, as many as it is wide: a log drops a partial tile once there is the full one. */
function askTile(http: HttpClient, url: string, tile: Tile): Promise<Evidence<Buffer>> {
  return askPartial(tile.width, (width) =>
    askLog(http, `${url}/api/v2/tile/${tilePath({ ...tile, width })}`, { maxBytes: MAX_TILE_BYTES }, (body) => {
      if (body.length < tile.width * 32) malformed('tile is shorter than it has to be');
      return body.subarray(0, tile.width * 32);
    }),
  );
}

/** The entries in the place of a tile of level 0. */
export function askEntries(
  http: HttpClient,
  url: string,
  index: bigint,
  width: number,
): Promise<Evidence<readonly Buffer[]>> {
  return askPartial(width, (served) =>
    askLog(http, `${url}/api/v2/tile/${entriesPath(index, served)}`, { maxBytes: MAX_BUNDLE_BYTES }, (body) =>
      parseEntryBundle(body, width),
    ),
  );
}

async function askPartial<T>(width: number, ask: (width: number) => Promise<Evidence<T>>): Promise<Evidence<T>> {
  const answer = await ask(width);
  return answer.state === 'absent' && width < WIDTH ? ask(WIDTH) : answer;
}

/** All of these tiles by their paths, or the first answer that is none. */
export async function askTiles(
  http: HttpClient,
  url: string,
  tiles: readonly Tile[],
): Promise<Evidence<ReadonlyMap<string, Buffer>>> {
  const asked = await Promise.all(tiles.map(async (tile) => [tilePath(tile), await askTile(http, url, tile)] as const));
  const found = new Map<string, Buffer>();
  for (const [path, answer] of asked) {
    if (answer.state !== 'present') return answer;
    found.set(path, answer.value);
  }
  return { state: 'present', value: found };
}
