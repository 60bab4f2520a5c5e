import { dirname, resolve } from 'node:path';
import { escapeText } from '../../../report/words/escape.ts';
import { projectRoot } from '../../exec/cargo.ts';
import { refuse, words } from '../../exec/programs/grammar.ts';
import { demandKnown } from '../../exec/started.ts';
import { cargoConfig, settingIn } from '../../project/cargo-config.ts';
import { demandPlain, demandSameVariables, type GateCommand, type Reading } from '../common/kind.ts';
import { cargoClient } from './client.ts';

/** Cargo's own commands; any other is a program that starts Cargo anew, without what this one is told. */
const OWN = new Set(
  words(`add remove rm update build check doc rustc rustdoc test bench run fetch tree metadata vendor package clean help
    version locate-project search info report pkgid install uninstall generate-lockfile new init fix config
    read-manifest verify-project`),
);
/** Short names of some, which settings may give another meaning. */
const SHORT = new Set(words('b c d r t'));
const WRITES = new Set(words('publish yank owner login logout'));
/** Options that name another registry, a repository, settings, or another folder. */
const LEADING = /^(?:--(?:config|index|registry|git)(?:=|$)|-C)/;

/** Reads a command of cargo. Throws UsageError. */
export function cargoAtGate(reading: Reading): GateCommand {
  const { started, shown, io } = reading;
  const at = demandPlain(reading);
  demandSameVariables(reading);
  demandKnown(started);
  const { args, within } = started;
  const toolchain = args[0]?.startsWith('+') === true ? 1 : 0;
  const end = args.indexOf('--');
  const own = args.slice(toolchain, end === -1 ? undefined : end);
  const leading = own.find((word) => LEADING.test(word));
  if (leading !== undefined) {
    refuse(
      `${escapeText(leading, 80)} would lead cargo past the gate: write it into the settings of Cargo or into Cargo.toml; not run: ${shown}`,
    );
  }
  const start = resolve(io.cwd, within ?? '.');
  const verb = own.find((word) => !word.startsWith('-') && !/^(?:auto|always|never)$/.test(word)) ?? '';
  if (WRITES.has(verb)) {
    refuse(`cargo ${verb} writes to the registry, which the gate does not: run it without the gate; not run: ${shown}`);
  }
  const isShort = SHORT.has(verb) && settingIn(cargoConfig(start, io), 'alias', verb) === null;
  if (verb !== '' && !OWN.has(verb) && !isShort) {
    refuse(
      `cargo ${escapeText(verb, 40)} is an alias or another program, which may ask past the gate: use a command of Cargo's own; not run: ${shown}`,
    );
  }
  if (verb === 'vendor' && !own.includes('--respect-source-config')) {
    refuse(`cargo vendor asks past the gate without --respect-source-config; not run: ${shown}`);
  }
  const manifest = own.findIndex((word) => /^--manifest-path(?:=|$)/.test(word));
  const [, glued] = /^[^=]*=(.*)$/s.exec(own[manifest] ?? '') ?? [];
  const named = manifest === -1 ? '' : (glued ?? own[manifest + 1] ?? '');
  const place = named === '' ? start : dirname(resolve(start, named));
  return {
    manager: 'cargo',
    folder: projectRoot(place, io) ?? place,
    at: at + toolchain,
    client: (context) => cargoClient({ folder: start, at: at + toolchain, words: own }, context),
  };
}
