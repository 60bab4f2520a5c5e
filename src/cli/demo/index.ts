import { nearest } from '../../model/nearest.ts';
import type { Ecosystem } from '../../model/package.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { playCargo } from './cargo.ts';
import { playGo } from './go.ts';
import { playNpm } from './npm.ts';
import { openPlayer, type Player } from './player.ts';
import { playPypi } from './pypi.ts';

const PLAYS: Readonly<Record<Ecosystem, (player: Player, io: Io) => Promise<void>>> = {
  npm: playNpm,
  pypi: playPypi,
  go: playGo,
  cargo: playCargo,
};

/** Plays the attacks on one ecosystem, and returns the exit status: 0 where all went as it is told. */
export async function playDemo(name: string, io: Io): Promise<number> {
  const names = Object.keys(PLAYS) as readonly Ecosystem[];
  const ecosystem = names.find((one) => one === name);
  if (ecosystem === undefined) {
    const near = nearest(name, names);
    const hint = near === null ? '' : `; did you mean assay demo ${near}?`;
    throw new UsageError(`there is no demo of ${name}${hint} (${names.join(', ')})`);
  }
  const player = openPlayer(io);
  await PLAYS[ecosystem](player, io);
  return player.end();
}
