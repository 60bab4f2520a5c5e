import { describe, expect, it } from 'vitest';
import { whyNotUnderstood } from '../../src/cli/exec/allowed.ts';

const silent = { write: () => undefined, isTerminal: false, color: false, columns: 80, unicode: true };
const asked = (line: readonly string[], env = {}): string | null =>
  whyNotUnderstood(line, { cwd: '/', env, stdout: silent, stderr: silent });

describe('forms of a command that are read', () => {
  it.each([
    'uv sync --locked',
    'uv run --locked pytest',
    'pip install --require-hashes -r requirements.txt',
    'cargo build --locked --release',
    'cargo test --frozen',
    'cargo +nightly build --locked',
    'go build ./...',
    'python -m pip list',
    'make',
  ])('%s', (line) => expect(asked(line.split(' '))).toBeNull());
  it.each(['uv sync --locked && npm test', 'echo "$HOME" && npm ci'])('in a shell: %s', (text) => {
    expect(asked(['sh', '-c', text])).toBeNull();
  });
});

describe('forms that are not', () => {
  it.each([
    'pip -q install six',
    'pip --no-input install six',
    'uv -q sync',
    'uv --directory ../uv sync',
    'python -I -m pip install six',
    'python -mpip install six',
    'python3 -X utf8 -m pip install six',
    'uv run --locked pip install six',
    'uv run --locked -- uv pip install six',
    'uv run --locked s.py',
    'env UV_PROJECT=/other uv sync --frozen',
    'cargo --color never update --locked',
    'cargo cc --locked',
    'env cargo update',
  ])('%s', (line) => expect(asked(line.split(' '))).not.toBeNull());
  it.each([
    'pip $EMPTY install six',
    '$(echo pip) install six',
    'p=pip; $p install six',
    'cargo update',
    'GOMODCACHE=/x go build',
    'true && cd ../cg2 && cargo build --locked',
  ])('in a shell: %s', (text) => expect(asked(['sh', '-c', text])).not.toBeNull());
  it('in one word of env, and by the environment', () => {
    expect(asked(['env', '-S', 'pip install six'])).not.toBeNull();
    expect(asked(['sh', '-ce', 'cargo update'])).not.toBeNull();
    expect(asked(['pip', 'install'], { PIP_REQUIREMENT: '/nn.txt' })).toMatch(/PIP_REQUIREMENT/);
  });
});
