import { agesOf } from '../../audit/age.ts';
import { instancesOf } from '../../audit/instances.ts';
import type { TrustOptions } from '../../audit/options.ts';
import { NPM_KEYS } from '../../registries/npm/keys.ts';
import {
  importedLine,
  renderTrust,
  renderTrustJson,
  type TrustedPart,
  type TrustShown,
} from '../../report/commands/trust.ts';
import { renderHosts, renderHostsJson } from '../../report/commands/hosts.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';
import { hostsOf } from '../project/hosts.ts';
import { placeOf } from '../project/open.ts';
import { loadPolicy } from '../project/policy.ts';
import { networkConfig } from '../project/registry.ts';
import { importTrust } from '../project/trust-import.ts';
import { startTrust } from '../project/trust.ts';
import { TRUST_OPTIONS } from '../project/option-names.ts';

export const command: Command = {
  usage: '[refresh | import PATH | export | hosts [PATH]]',
  summary: 'what is verified against; refresh or import it, export its roots; hosts: whom a run contacts',
  options: ['registry', ...TRUST_OPTIONS, 'registry-keys', 'policy', 'evidence', 'no-cache', 'json'],
  run: async ({ values, positionals }, io) => {
    const [action, ...rest] = positionals;
    if (values.evidence !== undefined && action !== 'hosts' && action !== 'refresh') {
      throw new UsageError('of trust, hosts and refresh take --evidence; trust import takes the pack itself');
    }
    if (action === 'hosts') {
      const hosts = await hostsOf(placeOf('trust hosts', rest), values, io);
      io.stdout.write(values.json === true ? renderHostsJson(hosts) : renderHosts(hosts));
      return EXIT.holds;
    }
    if (action === 'import') return importFrom(rest, values, io);
    if ((action !== undefined && action !== 'refresh' && action !== 'export') || rest.length > 0) {
      throw new UsageError(
        'trust takes nothing, refresh, export, import with a file or folder, or hosts with a directory or lockfile',
      );
    }
    const policy = await loadPolicy(values, io.cwd, io);
    const trust = startTrust(values, policy, networkConfig(values, io.cwd, io), io, { fresh: true });
    try {
      const { known, refresh } = await trust.session;
      const used = action === 'refresh' ? await refresh() : known;
      if (used === null) {
        throw new UsageError('nothing is known of this repository yet: assay trust refresh asks it');
      }
      if (action === 'export') {
        io.stdout.write(exported(used));
        return EXIT.holds;
      }
      const asked = [used, ...(used.instances ?? [])].flatMap(({ repository }) => repository ?? []);
      if (action === 'refresh' && asked.length === 0) {
        throw new UsageError('nobody publishes this root: --tuf URL and --tuf-root FILE name a repository');
      }
      const shown = shownTrust(used);
      io.stdout.write(values.json === true ? renderTrustJson(shown) : renderTrust(shown, Date.now(), io.stdout));
      const areNewest = asked.every(({ state }) => state === 'current');
      return action === 'refresh' && !areNewest ? EXIT.noStatement : EXIT.holds;
    } finally {
      trust.close();
    }
  },
};

async function importFrom(paths: readonly string[], values: OptionValues, io: Io): Promise<number> {
  const imported = await importTrust(paths, values, io);
  if (imported.kind === 'lines') {
    io.stderr.write(`assay: ${imported.why}\n`);
    io.stdout.write(imported.lines);
    return EXIT.usage;
  }
  const { before, after, others } = imported;
  const all = paths.join(' and ');
  io.stderr.write(
    `assay: ${importedLine(imported.from === paths[0] ? all : imported.from, before, after, imported.isPack)}\n`,
  );
  for (const one of others) {
    io.stderr.write(`assay: ${importedLine(`${all} for instance ${one.name}`, one.before, one.after, true)}\n`);
  }
  const shown = shownTrust(after);
  io.stdout.write(values.json === true ? renderTrustJson(shown) : renderTrust(shown, Date.now(), io.stdout));
  return EXIT.holds;
}

/** The trusted roots of all instances, the main one first, as `--trusted-root` takes them. */
function exported(trust: TrustOptions): string {
  return instancesOf(trust)
    .map(({ root }) => `${JSON.stringify(root().source)}\n`)
    .join('');
}

function shownTrust(trust: TrustOptions): TrustShown {
  const { root, rootName, rootDigest, repository, npmKeys = NPM_KEYS, keys } = trust;
  const part = (
    kind: TrustedPart['kind'],
    { name, validFor: { start, end } }: (typeof root.tlogs | typeof root.timestampAuthorities)[number],
  ): TrustedPart => ({ kind, name, start, end });
  const signing = [...npmKeys, ...keys].filter(({ usage }) => usage === 'npm:signatures');
  return {
    root: rootName,
    rootDigest,
    repository: repository ?? null,
    ages: agesOf(trust),
    parts: [
      ...root.tlogs.map((log) => part('log', log)),
      ...root.ctlogs.map((log) => part('certificate log', log)),
      ...root.certificateAuthorities.map((authority) => part('certificates', authority)),
      ...root.timestampAuthorities.map((authority) => part('timestamps', authority)),
      ...signing.map(({ keyId, start, end }): TrustedPart => ({ kind: 'registry key', name: keyId, start, end })),
    ],
  };
}
