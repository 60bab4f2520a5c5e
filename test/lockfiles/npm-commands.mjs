/**
 * Runs commands of a real npm one after another in one process, with npm's own code from its arguments on: to start npm
 * takes longer than what it is asked to do. `fork('npm-commands.mjs', [NPM])`; a message is the folder and the
 * arguments of a command, its answer the status that npm would have ended with.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

const [folder = ''] = process.argv.slice(2);
const Npm = createRequire(join(folder, 'package.json'))('./lib/npm.js');
const environment = { ...process.env };

async function run({ cwd, args }) {
  // npm puts what it has read of its configuration into the environment, for scripts.
  for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment, { HOME: cwd, USERPROFILE: cwd });
  process.chdir(cwd);
  process.argv = [process.execPath, join(folder, 'bin/npm-cli.js'), ...args];
  process.exitCode = 0;
  const npm = new Npm();
  try {
    // npm 8 loads without saying what is to be done.
    const { command = npm.argv.shift(), args: operands = npm.argv } = (await npm.load()) ?? {};
    await npm.exec(command, operands);
    return process.exitCode;
  } catch {
    return 1;
  } finally {
    npm.unload();
    process.exitCode = 0;
  }
}

process.on('message', (message) => void run(message).then((status) => process.send(status)));
