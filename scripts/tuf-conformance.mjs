/**
 * `node scripts/tuf-conformance.mjs FOLDER` writes assay's TUF client there as a program that speaks the protocol of
 * https://github.com/theupdateframework/tuf-conformance, and prints its path. The suite is run from its own checkout:
 * `pytest tuf_conformance --entrypoint PATH`, with python-tuf and faketime installed.
 */
import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const [folder = '.'] = process.argv.slice(2);
const outfile = join(resolve(process.env.INIT_CWD ?? '', folder), 'tuf-client.mjs');
await build({
  absWorkingDir: join(import.meta.dirname, '..'),
  entryPoints: ['test/sigstore/tuf-client.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // CommonJS packages in the bundle ask for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
process.stdout.write(`${outfile}\n`);
