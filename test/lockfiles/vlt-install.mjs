/**
 * Installs a project with vlt's own code from one lockfile after another: `node vlt-install.mjs VLT PROJECT REQUESTS`
 * in PROJECT, where each line of REQUESTS is a lockfile as JSON text. Nothing is fetched; each line of the output says
 * what vlt would have fetched, asked a registry for and linked, or why it does not install. vlt has no package that
 * reads its lockfile; its bundle does.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL, URL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [vlt = '', project = '', requests = ''] = process.argv.slice(2);

/** The part of the bundle that exports all of these. */
async function partWith(...names) {
  for (const file of readdirSync(vlt).filter((each) => each.startsWith('chunk-'))) {
    const exported = /^export \{([^}]*)\};/m.exec(readFileSync(join(vlt, file), 'utf8'))?.[1] ?? '';
    const listed = new Set(exported.split(',').map((each) => each.trim()));
    if (names.every((name) => listed.has(name))) return await import(pathToFileURL(join(vlt, file)).href);
  }
  throw new Error(`no part of vlt exports ${names.join(', ')}`);
}

const { install } = await partWith('install', 'uninstall');
const { Config } = await partWith('Config', 'pairsToRecords');
const config = await Config.load(project, ['install'], true);

// What an install that has failed still does is not awaited, and its folders are gone.
process.on('unhandledRejection', () => undefined);

async function installFrom(text) {
  for (const folder of ['.', 'packages/w', 'local', 'evil']) {
    rmSync(join(project, folder, 'node_modules'), { recursive: true, force: true });
  }
  writeFileSync(join(project, 'vlt-lock.json'), text);
  config.resetOptions(project);
  const fetched = [];
  const asked = [];
  const packageInfo = {
    extract: async (spec, target, { integrity, resolved }) => {
      const { type } = spec.final;
      fetched.push({ spec: String(spec), type, target: target.slice(project.length + 1), integrity, resolved });
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'package.json'), '{}');
      return {};
    },
    manifest: async (spec) => {
      asked.push(String(spec));
      throw new Error(`asks for ${spec}`);
    },
  };
  const options = { ...config.options, packageInfo, frozenLockfile: true, allowScripts: ':not(*)' };
  const add = Object.assign(new Map(), { modifiedDependencies: false });
  try {
    const { graph } = await install(options, add);
    const nodes = [...graph.nodes.values()].map(({ id, name, bins, importer, location }) => ({
      id,
      name,
      bins,
      importer,
      location,
    }));
    const edges = [...graph.edges].map(({ name, spec, from, to }) => ({
      name,
      from: from.id,
      to: to?.id ?? null,
      wanted: { type: spec.final.type, name: spec.final.name },
    }));
    return { fetched, asked, nodes, edges };
  } catch (error) {
    await setTimeout(20);
    return { fetched, asked, error: error instanceof Error ? error.message : String(error) };
  }
}

/** vlt keeps what it once made of an id, whatever the options said: other options need a thread of their own. */
function installFromOther(text) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: text });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

function optionsOf(text) {
  try {
    return JSON.stringify(JSON.parse(text).options);
  } catch {
    return '';
  }
}

if (isMainThread) {
  const texts = readFileSync(requests, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const usual = optionsOf(texts[0]);
  for (const text of texts) {
    const answer = optionsOf(text) === usual ? await installFrom(text) : await installFromOther(text);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}
parentPort?.postMessage(await installFrom(workerData));
