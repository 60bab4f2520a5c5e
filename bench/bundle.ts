/**
 * The processor time of `assay verify-bundle` beside that of `node -e 0`, in turn, on this Node: a recorded bundle
 * under the pinned root, without compiled code that Node kept. `--before` measures another build's cli.cjs as well.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const CASE = join(ROOT, '../shared/data/conformance');
const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const VERIFY = [
  ...['verify-bundle', '--bundle', join(CASE, 'happy-path-v0.3/bundle.sigstore.json')],
  ...['--certificate-identity', BEACON],
  ...['--certificate-oidc-issuer', 'https://token.actions.githubusercontent.com', join(CASE, 'a.txt')],
];

function main(): void {
  const { values } = parseArgs({ options: { pairs: { type: 'string', default: '60' }, before: { type: 'string' } } });
  if (!existsSync(CASE)) {
    process.stdout.write(`skipped: the recorded bundle is not beside this repository (${CASE})\n`);
    return;
  }
  const programs: [string, readonly string[]][] = [
    ['node -e 0', ['-e', '0']],
    ['node:crypto', ['-e', "require('node:crypto')"]],
    ['verify-bundle', [join(ROOT, 'dist/cli.cjs'), ...VERIFY]],
  ];
  if (values.before !== undefined) programs.push(['the other build', [values.before, ...VERIFY]]);
  const times = programs.map((): number[] => []);
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const turns = programs.map((_, i) => i);
    for (const i of pair % 2 === 0 ? turns : turns.reverse()) times[i]?.push(cpuMs(programs[i]?.[1] ?? []));
  }
  process.stdout.write(
    `Node ${process.versions.node}\n\n| | CPU ms | least | times node -e 0 |\n| --- | --- | --- | --- |\n`,
  );
  for (const [i, [name]] of programs.entries()) {
    const own = times[i] ?? [];
    const ratios = own.map((ms, pair) => ms / (times[0]?.[pair] ?? NaN));
    const cells = [median(own).toFixed(1), Math.min(...own).toFixed(1), median(ratios).toFixed(2)];
    process.stdout.write(`| ${[name, ...cells].join(' | ')} |\n`);
  }
}

/** User and system time of a run, as the shell has it from the kernel: a process does not see its own end. */
function cpuMs(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null';
  const command = ['-c', `{ ${script}; } 2>&1`, 'bash', process.execPath, ...args];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined, CI: '1' };
  const [user, system] = execFileSync('bash', command, { encoding: 'utf8', env }).split(' ');
  return 1000 * (Number(user) + Number(system));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

main();
