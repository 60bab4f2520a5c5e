import { goProtocol } from '../../../gate/index.ts';
import { reachOfPattern } from '../../../registries/goproxy/settings.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { refuse } from '../../exec/programs/grammar.ts';
import type { Io } from '../../io.ts';
import { goAsking, goSettingsIn, openGo } from '../../project/go-source.ts';
import { networkConfig, openRegistry } from '../../project/registry.ts';
import { over, type ClientContext, type GateClient } from '../common/kind.ts';

interface GoGateCommand {
  readonly folder: string;
  /** Those behind its verb. */
  readonly words: readonly string[];
}

/** The go command, as its settings are. Throws UsageError where they would lead it past the gate. */
export function goClient({ folder, words }: GoGateCommand, { values, line, io }: ClientContext): GateClient {
  const network = networkConfig(values, folder, io);
  const asking = goAsking(io);
  demandAsked(asking.settings, io);
  const past = pastGate(io);
  const named = words.map((word) => word.replace(/@.*$/s, ''));
  return {
    network,
    isUnsigned: true,
    open: () => {
      const go = openGo(asking);
      const registry = openRegistry(network, io);
      return {
        protocol: goProtocol(go.proxy),
        sources: { registry, go },
        close: () => {
          registry.close();
          go.proxy.close();
        },
      };
    },
    isDirect: (name) => named.some((word) => word === name || word.startsWith(`${name}/`)),
    // No other proxy, and no repository, is asked where the gate refuses something.
    point: ({ url }, env) => ({
      line,
      env: over(env, { GOPROXY: url.replace(/\/$/, '') }),
      past,
      close: () => undefined,
    }),
    written: (address) => address,
  };
}

/** Throws UsageError where the gate has nobody to ask, or nobody to hold their answers to. */
function demandAsked({ proxies, database }: ReturnType<typeof goAsking>['settings'], io: Io): void {
  if (proxies.length === 0) {
    refuse(
      'GOPROXY names no module proxy, which alone the gate asks: GOPROXY=https://proxy.golang.org assay gate -- ...',
    );
  }
  if (database === null) {
    refuse('GOSUMDB=off leaves nobody to hold modules to: GOSUMDB=sum.golang.org assay gate -- ...');
  }
  // Files have it where the environment has nothing.
  const mode = goSettingsIn(io).ofFiles.get('GO111MODULE') ?? io.env['GO111MODULE'];
  if (mode === 'off') refuse('GO111MODULE=off makes go read no go.sum: unset it');
}

/**
 * What go fetches from repositories itself, in lines for people. Throws UsageError for patterns that take in what
 * anybody publishes.
 */
function pastGate(io: Io): readonly string[] {
  const { noProxy, origins } = goSettingsIn(io);
  const name = origins.GONOPROXY === 'default' ? 'GOPRIVATE' : 'GONOPROXY';
  const reaches = noProxy.split(',').map(reachOfPattern);
  const shown = escapeText(`${name}=${noProxy}`, 200);
  if (reaches.includes('all')) {
    refuse(`${shown} lets go fetch what anybody publishes past the gate: name what is private alone`);
  }
  if (reaches.every((reach) => reach === null)) return [];
  return [
    `go fetches what ${shown} names from its repositories itself, past the gate: it is audited once go.sum has it`,
  ];
}
