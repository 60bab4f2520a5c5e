import { cargoProtocol, remembering } from '../../../gate/index.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { refuse } from '../../exec/programs/grammar.ts';
import type { Io } from '../../io.ts';
import { cargoConfig, settingIn } from '../../project/cargo-config.ts';
import { namedRegistries } from '../../project/cargo-registries.ts';
import { cratesAsking, openCrates } from '../../project/cargo-source.ts';
import { networkConfig, openRegistry } from '../../project/registry.ts';
import { over, unproxied, type ClientContext, type GateClient } from '../common/kind.ts';

interface CargoGateCommand {
  /** The one that Cargo reads its settings from. */
  readonly folder: string;
  /** Where in the line the words of Cargo begin, behind a toolchain. */
  readonly at: number;
  readonly words: readonly string[];
}

/** What the gate is called in the settings that Cargo is given, and in what it says. */
const SOURCE = 'assay-gate';

/** Cargo, as its settings are. Throws UsageError where they would lead it past the gate. */
export function cargoClient({ folder, at, words }: CargoGateCommand, { values, line, io }: ClientContext): GateClient {
  const network = networkConfig(values, folder, io);
  const asking = cratesAsking(folder, io);
  const { vendored } = asking.machine;
  if (vendored !== null) {
    refuse(`Cargo takes crates from ${escapeText(vendored.shown, 200)}, and asks no registry: use assay exec`);
  }
  const past = pastGate(folder, io);
  const named = new Set(words.map((word) => word.replace(/@.*$/s, '')));
  return {
    network,
    isUnsigned: true,
    open: () => {
      const crates = openCrates(asking, remembering);
      const registry = openRegistry(network, io);
      return {
        protocol: cargoProtocol(crates.main.index),
        sources: { registry, crates },
        close: () => {
          registry.close();
          crates.close();
        },
      };
    },
    isDirect: (name) => named.has(name),
    point: ({ url }, env) => ({
      // No variable says it, and these outrank every file.
      line: [
        ...line.slice(0, at),
        ...['--config', `source.crates-io.replace-with="${SOURCE}"`],
        ...['--config', `source.${SOURCE}.registry="sparse+${url}"`],
        ...line.slice(at),
      ],
      // Cargo asks loopback through a proxy, too, where nothing excepts it.
      env: over(env, unproxied(env, new URL(url).hostname)),
      past,
      close: () => undefined,
    }),
    written: (address) => address,
  };
}

/** Registries beside crates.io, in lines for people. Throws UsageError. */
function pastGate(folder: string, io: Io): readonly string[] {
  const all = cargoConfig(folder, io);
  const own = settingIn(all, 'source', SOURCE);
  if (own !== null)
    refuse(`${own.by.file} has a source ${SOURCE}, which is what the gate is called: call it otherwise`);
  const addresses = [...new Set(namedRegistries(all, io).map(({ index }) => escapeText(withoutUser(index), 120)))];
  if (addresses.length === 0) return [];
  return [`Cargo asks ${addresses.join(', ')} itself, past the gate: what they serve is audited once it is locked`];
}

function withoutUser(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//');
}
