import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const { outputFiles } = buildSync({
  stdin: {
    contents: `export { onDeath } from './death.ts'; export { temporaryFolder } from './temporary.ts';
      export { writeWhole } from './write.ts';`,
    resolveDir: 'src/store',
  },
  ...{ bundle: true, write: false, platform: 'node', format: 'cjs' },
});
/** Its functions have their names there. */
const LIBRARY = outputFiles[0]?.text ?? '';

/** What a program that uses it says, and how it ends. */
function ended(body: string): readonly unknown[] {
  const say = `const fs = require('node:fs'); const say = (text) => fs.writeSync(1, text + ' ');
    const die = (signal) => { process.kill(process.pid, signal); setTimeout(() => say('went on'), 500); };`;
  const run = spawnSync(process.execPath, ['-e', `${LIBRARY};${say}${body}`], { encoding: 'utf8', timeout: 20_000 });
  return [run.stdout.trim(), run.signal ?? run.status, run.stderr];
}

describe.skipIf(process.platform === 'win32')('what is undone where a process ends before its work', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is everything, and whoever waits sees %s', (signal) => {
    const body = `onDeath(() => say('a')); onDeath(() => { throw new Error('x') }); onDeath(() => say('b'));
      onDeath(() => say('never'))(); die('${signal}')`;
    expect(ended(body)).toEqual(['a b', signal, '']);
  });

  it('is everything where it ends itself, and nothing where its work was done', () => {
    expect(ended(`onDeath(() => say('a')); process.exit(2)`)).toEqual(['a', 2, '']);
    expect(ended(`onDeath(() => say('a'))(); say(process.listenerCount('SIGINT'))`)).toEqual(['0', 0, '']);
    expect(ended(`onDeath(() => say('a'))(); die('SIGTERM')`)).toEqual(['', 'SIGTERM', '']);
  });

  it('waits for somebody else who listens, each time', () => {
    const body = `process.once('SIGTERM', () => say('first')); onDeath(() => say('undone'));
      process.once('SIGTERM', () => say('second')); die('SIGTERM'); setTimeout(() => die('SIGTERM'), 50)`;
    expect(ended(body)).toEqual(['first second undone', 'SIGTERM', '']);
  });

  it('is a temporary folder with all in it, and the file beside one that is written', () => {
    const folder = `const { path } = temporaryFolder('x'); fs.writeFileSync(path + '/a', '');
      process.on('exit', () => say(fs.existsSync(path))); say(fs.statSync(path).mode & 0o777);`;
    expect(ended(`${folder} process.exit(0)`)).toEqual(['448 false', 0, '']);
    const file = `const path = fs.mkdtempSync(require('node:os').tmpdir() + '/assay-test-');
      function* pieces() { yield 'a'; say(fs.readdirSync(path).length); process.exit(3); }
      onDeath(() => say('undone'));
      process.on('exit', () => { say(fs.readdirSync(path).length); fs.rmdirSync(path); });
      writeWhole(path + '/file', pieces())`;
    expect(ended(file)).toEqual(['1 undone 0', 3, '']);
  });
});
