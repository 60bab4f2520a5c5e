import { describe, expect, it } from 'vitest';
import type { Objection } from '../../src/cli/hook/formats.ts';
import { objectionTo } from '../../src/cli/hook/objection.ts';
import type { Started } from '../../src/cli/exec/started.ts';

const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };
const io = { cwd: '/', env: { HOME: '/' }, stdout: silent, stderr: silent };

/** The programs that a command is held to, or what speaks against it by itself. */
async function heldTo(
  command: string | readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const seen: string[] = [];
  const judge = ({ program, args }: Started): Promise<Objection | null> => {
    seen.push([program.name, ...args].join(' '));
    return Promise.resolve(null);
  };
  const objection = await objectionTo(command, { ...io, env: { ...io.env, ...env } }, judge);
  return objection === null ? seen : [`refused: ${objection.reason}`];
}

const HEREDOC = "<<'EOF'\nnpm i evil (don't go)\nEOF\n";

describe('what starts nothing that installs', () => {
  it.each([
    'ls -la',
    '',
    'echo npm install x',
    'git log --oneline | grep npm',
    'git commit -m "go on: npm i (x)"',
    `git commit -m "$(cat ${HEREDOC})"`,
    `git add . && git commit -m "$(cat ${HEREDOC})"`,
    `gh pr create --title t --body "$(cat ${HEREDOC})"`,
    `cat > notes.md ${HEREDOC}`,
    `cat <<-"EOF" >> notes.md\n\tnpm i x\n\tEOF\n`,
    `cat ${HEREDOC}cat > b ${HEREDOC}ls`,
    'for f in *.ts; do cat "$f"; done',
    // No program is called so.
    'ｎｐｍ i x',
    'n\u200bpm i x',
    'npm\u00a0i x',
  ])('%j', async (command) => {
    expect(await heldTo(command)).toEqual([]);
  });
});

describe('what is held to a judgement', () => {
  it.each([
    ['npm i x', 'npm i x'],
    ['cd a && npm i x', 'npm i x'],
    ['echo a\r\nnpm i x\r\n', 'npm i x'],
    ['n\\pm "i" \'x\'', 'npm i x'],
    ['npm \\\n i x', 'npm i x'],
    ['sh -c "npm i x"', 'npm i x'],
    ['sh -c "bash -c \'npm i x\'"', 'npm i x'],
    ['env -i A=1 npm i x', 'npm i x'],
    ['sudo -u me npm i x', 'npm i x'],
    ['A=1 /usr/bin/npm i x &', 'npm i x'],
    ['echo "$(npm i x)"', 'npm i x'],
    ['echo $(npm i x)', 'npm i x'],
    ['(npm i x)', 'npm i x'],
    ['timeout 5 nice npm i x', 'npm i x'],
    ['npx -y cowsay', 'npx -y cowsay'],
    ['bunx cowsay', 'bunx cowsay'],
    ['pnpm dlx cowsay', 'pnpm dlx cowsay'],
    ['uvx ruff', 'uvx ruff'],
    ['python3 -m pip install x', 'pip install x'],
    ['go run x.example/y@latest', 'go run x.example/y@latest'],
    ['cargo install ripgrep', 'cargo install ripgrep'],
    ['git submodule foreach npm i x', 'npm i x'],
    ['git commit -m "$(npm i x)"', 'npm i x'],
    ['GIT_EDITOR="npm i x" git rebase -x "npm i y"', 'npm i y'],
    ['assay audit && npm i x', 'npm i x'],
    ['FOO=1 assay gate -- npm i x', 'npm i x'],
    ['sudo assay gate -- npm i x', 'npm i x'],
    ['./assay gate -- npm i x', 'npm i x'],
  ])('%j', async (command, started) => {
    expect(await heldTo(command)).toEqual([started]);
  });

  it('of the words of a program, as some agents give them', async () => {
    expect(await heldTo(['bash', '-lc', 'npm i x'])).toEqual(['npm i x']);
    expect(await heldTo(['npm', 'i', 'x'])).toEqual(['npm i x']);
    expect(await heldTo(['bash', '-lc', `cat ${HEREDOC}`])).toEqual([expect.stringMatching(/cannot be seen/)]);
  });
});

describe('what cannot be told, and names a package manager, is refused', () => {
  it.each([
    'for i in x; do npm i $i; done',
    'if true; then npm i x; fi',
    'n() { npm "$@"; }; n i x',
    'alias n=npm; n i x',
    'eval "npm i x"',
    'X=npm; $X i x',
    '$(echo npm) i x',
    'echo npm i x | sh',
    'xargs npm i < list',
    'npm `echo i` x',
    'bash <<< "npm i x"',
    'cat <<EOF | sh\nnpm i x\nEOF',
    `sh ${HEREDOC}`,
    `cat <<'EOF' | sh\nnpm i x\nEOF`,
    `cat <<'EOF' | xargs -I{} sh -c {}\nnpm i x\nEOF`,
    `eval "$(cat ${HEREDOC})"`,
    `sh -c "$(cat ${HEREDOC})"`,
    `watch "$(cat ${HEREDOC})"`,
    // Not here-documents, or such as are expanded: a shell runs what stands in them.
    `echo "cat ${HEREDOC.replace('EOF\n', '$(npm i x)\n')}"`,
    `# "$(cat ${HEREDOC}`,
    `cat # ${HEREDOC}`,
    'cat <<EOF\n$(npm i x)\nEOF',
    `cat <<'EOF'\nnpm i x`,
  ])('%j', async (command) => {
    const [first = ''] = await heldTo(command);
    expect(first).toMatch(/^(?:refused: .*(?:cannot be seen|only the shell knows)|npm i )/);
  });

  it('with functions and settings of the environment, which change what a text means', async () => {
    const env = { 'BASH_FUNC_npm%%': '() { evil; }' };
    expect(await heldTo('npm ci', env)).toEqual([expect.stringMatching(/cannot be seen/)]);
  });
});

it.each(['ls\0; npm i x', 'ls\u0008', 'echo a\rnpm i x', 'ls \u001b[2K'])(
  'refuses control characters: %j',
  async (one) => {
    expect(await heldTo(one)).toEqual([expect.stringMatching(/a character that no shell reads/)]);
  },
);

describe('assay itself', () => {
  it.each([
    'assay gate -- npm i x',
    'assay exec --lockfile sub --all -- npm ci',
    'cd sub && assay gate --no-cache -- npm i x',
    'assay exec npm ci',
    'assay check axios@1.14.1 && assay review',
  ])('judges what it runs: %j', async (command) => {
    expect(await heldTo(command)).toEqual([]);
  });

  it.each([
    ['assay gate --enforce observe -- npm i x', /^refused: --enforce changes what assay gate demands/],
    ['assay exec --policy=mine.yml -- npm ci', /^refused: --policy changes/],
    ['assay gate --registry http://evil.test -- npm i x', /^refused: --registry changes/],
    ['assay accept x@1.0.0 --reason ok', /^refused: to accept a finding is a decision of a person/],
    ['ls && assay accept x@1.0.0 --reason ok', /^refused: to accept/],
  ])('is not asked to judge more mildly: %j', async (command, said) => {
    expect(await heldTo(command)).toEqual([expect.stringMatching(said)]);
  });
});
