import { build } from 'esbuild';

/**
 * What stands for the scripts of the HTML page in src/report/html/script.ts, as `define` of esbuild and of vitest: the
 * programs of src/report/html/client/, each as one text.
 */
export async function clientScripts(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['early', 'page'].map((name) => `src/report/html/client/${name}.ts`),
    outdir: 'client',
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    // Not minified, so that people can read what their browser runs.
    charset: 'utf8',
    logLevel: 'warning',
  });
  const [early, page] = outputFiles.map(({ text }) => JSON.stringify(text));
  return { ASSAY_EARLY_SCRIPT: early, ASSAY_PAGE_SCRIPT: page };
}
