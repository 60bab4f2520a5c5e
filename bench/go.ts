/**
 * A go.sum beside `gosumcheck` (golang.org/x/mod) and beside what the go command does when go.sum is written anew, on
 * a module proxy and a checksum database of the lab.
 */
import { startGoLab } from '../lab/go/index.ts';
import { besidePeers, readOptions, type Peer } from './ecosystems/beside.ts';

/** Records of others between those of the go.sum, and in all of the database. */
const [BETWEEN, OTHERS] = [150, 200_000];

async function main(): Promise<void> {
  const { count, latencyMs, rounds } = readOptions(250);
  const lab = await startGoLab();
  try {
    lab.grow(OTHERS - BETWEEN * count);
    const paths = Array.from({ length: count }, (_, i) => `m${i}.example/lib`);
    const sums = paths.map((path) => {
      lab.grow(BETWEEN);
      return lab.publish(path, 'v1.0.0', { files: { 'a.go': 'package lib\n' } });
    });
    lab.behave(/^/, { delayMs: latencyMs });
    const database = `${lab.url}sumdb/${lab.database.key.split('+')[0] ?? ''}`;
    const requires = paths.map((path) => `\t${path} v1.0.0\n`).join('');
    const imports = paths.map((path) => `\t_ "${path}"\n`).join('');
    const tidy = (folder: string, before: string): ReturnType<Peer['program']> => ({
      command: 'sh',
      args: ['-c', `${before}rm go.sum && go mod tidy`],
      env: { ...lab.env, GOPATH: `${folder}/gopath`, GOENV: 'off', GOFLAGS: '-modcacherw' },
    });
    await besidePeers(
      {
        title: `${count} modules in a tree of ${lab.database.size()} records, latency ${latencyMs} ms`,
        url: lab.url,
        files: {
          'go.sum': sums.join(''),
          'go.mod': `module project.example\n\ngo 1.21\n\nrequire (\n${requires})\n`,
          'main.go': `package main\n\nimport (\n${imports})\n\nfunc main() {}\n`,
        },
        args: [],
        env: lab.env,
        requests: lab.requests,
        peers: [
          {
            name: 'gosumcheck',
            needs: 'gosumcheck',
            program: () => ({ command: 'gosumcheck', args: ['-k', lab.database.key, '-u', database, 'go.sum'] }),
          },
          { name: 'rm go.sum && go mod tidy', needs: 'go', program: (folder) => tidy(folder, '') },
        ],
      },
      rounds,
    );
  } finally {
    await lab.close();
  }
}

await main();
