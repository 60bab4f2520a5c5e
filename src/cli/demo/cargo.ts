import { startCratesLab, type CratesLab } from '../../../lab/crates/index.ts';
import { cargoLock } from '../../../lab/crates/lockfile.ts';
import { trustOf, type Player, type Recorded, type Scene } from './player.ts';

/** Files of a project by name. */
type Files = Readonly<Record<'Cargo.toml' | 'Cargo.lock' | 'src/main.rs', string>>;

const PUBLISHED = '2026-08-20T14:00:00Z';
const STRAY = '\n[metadata]\n"checksum nothing 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)" = "00"\n';
const routerSaying = (greeting: string): Readonly<Record<string, string>> => ({
  'src/lib.rs': `pub const GREETING: &str = "${greeting}";\n`,
});

/** Publishes a crate, of which the index then has other bytes. The second Cargo.lock has two lines more. */
export function poisonCargo(lab: CratesLab): { readonly good: Files; readonly poisoned: Files } {
  const checksum = lab.publish('router', '1.4.0', { files: routerSaying('hello') });
  const files = {
    'Cargo.toml': '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nrouter = "1"\n',
    'src/main.rs': 'fn main() {\n    println!("{}", router::GREETING);\n}\n',
  };
  const lock = cargoLock([{ name: 'router', version: '1.4.0', checksum }], ['router']);
  return { good: { ...files, 'Cargo.lock': lock }, poisoned: { ...files, 'Cargo.lock': `${lock}${STRAY}` } };
}

/** Other bytes of that crate, with the checksum of them in the index. */
export function rewriteCrate(lab: CratesLab): void {
  lab.rewrite('router', '1.4.0', routerSaying('hello from the attacker'));
}

/** What cargo says once the crate is another one; `test/cli/demo-recorded.test.ts` asks it again. */
export const RECORDED_CARGO: Recorded = {
  by: 'cargo 1.95.0',
  runs: [{ command: 'cargo run --quiet', status: 0, says: ['hello from the attacker'] }],
};

/** The line under [metadata], and arrayref. */
export async function playCargo(player: Player): Promise<void> {
  const lab = await startCratesLab();
  try {
    const scene: Scene = { registries: { crates: lab.url }, trust: trustOf(), now: Date.parse(PUBLISHED) + 3_600_000 };
    const { good, poisoned } = poisonCargo(lab);
    player.step('A crate whose checksum is the one of the index, whose unsigned word that is. A Cargo.lock with it:');
    await player.audit(scene, { file: 'Cargo.lock', text: good['Cargo.lock'] }, 'pass');
    rewriteCrate(lab);
    player.step(
      'A pull request adds two lines below [metadata], which make Cargo discard every checksum of the file, and an index in place of crates.io has other bytes:',
    );
    player.recorded(RECORDED_CARGO);
    player.step('assay takes a checksum that Cargo would not use for none:');
    await player.audit(scene, { file: 'Cargo.lock', text: poisoned['Cargo.lock'] }, 'fail');
    await playArrayref(lab, player, scene);
  } finally {
    await lab.close();
  }
}

async function playArrayref(lab: CratesLab, player: Player, scene: Scene): Promise<void> {
  const old = ['0.3.7', '0.3.8', '0.3.9'];
  for (const [i, version] of old.entries())
    lab.publish('arrayref', version, { published: `202${i + 1}-01-01T00:00:00Z` });
  const usual = { name: 'proc-macro2', version: '1.0.107', checksum: lab.publish('proc-macro2', '1.0.107') };
  const lure = { published: PUBLISHED, files: { 'build.rs': 'fn main() {}\n' } };
  const added = { name: 'proc-macro1', version: '1.0.0', checksum: lab.publish('proc-macro1', '1.0.0', lure) };
  const release = { published: PUBLISHED, dependencies: { 'proc-macro1': '1' } };
  const checksum = lab.publish('arrayref', '0.3.10', release);
  lab.yank('arrayref', ...old);
  const arrayref = { name: 'arrayref', version: '0.3.10', checksum, dependencies: ['proc-macro1'] };
  const text = cargoLock([arrayref, added, usual], ['arrayref', 'proc-macro2']);
  player.step(
    'August 2026: arrayref 0.3.10 is published with a stolen token, with a new crate of the same day, and every version before it is yanked. Nobody signs who published it; what is left are signs:',
  );
  await player.audit(scene, { file: 'Cargo.lock', text }, 'warn');
  lab.remove('arrayref', '0.3.10');
  lab.remove('proc-macro1', '1.0.0');
  player.step('86 minutes later the team of crates.io took it away. A Cargo.lock that still has it:');
  await player.audit(scene, { file: 'Cargo.lock', text }, 'fail');
}
