/**
 * A Cargo.lock beside `cargo audit` on the same file, which reads a copy of the advisories from disk and asks nobody:
 * `ADVISORY_DB` names it.
 */
import { startCratesLab } from '../lab/crates/index.ts';
import { cargoLock } from '../lab/crates/lockfile.ts';
import { besidePeers, readOptions } from './ecosystems/beside.ts';

/** Releases of each crate, of which the last is locked. */
const RELEASES = 20;

async function main(): Promise<void> {
  const { count, latencyMs, rounds } = readOptions(300);
  const lab = await startCratesLab();
  try {
    const names = Array.from({ length: count }, (_, i) => `crate-${i}`);
    const crates = names.map((name) => {
      const sums = Array.from({ length: RELEASES }, (_, i) => lab.publish(name, `1.${i}.0`));
      return { name, version: `1.${RELEASES - 1}.0`, checksum: sums.at(-1) ?? null };
    });
    lab.behave(/^/, { delayMs: latencyMs });
    const database = process.env['ADVISORY_DB'] ?? '';
    if (database === '') process.stdout.write('ADVISORY_DB names no copy of the advisories: cargo audit is left out\n');
    await besidePeers(
      {
        title: `${count} crates, latency ${latencyMs} ms`,
        url: lab.url,
        files: { 'Cargo.lock': cargoLock(crates, names), 'home/config.toml': lab.config },
        args: [],
        env: { CARGO_HOME: 'home' },
        requests: lab.requests,
        peers:
          database === ''
            ? []
            : [
                {
                  name: 'cargo audit',
                  needs: 'cargo-audit',
                  program: () => ({
                    command: 'cargo-audit',
                    args: ['audit', '--no-fetch', '--stale', '--db', database],
                  }),
                },
              ],
      },
      rounds,
    );
  } finally {
    await lab.close();
  }
}

await main();
