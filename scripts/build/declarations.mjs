import { dirname, join } from 'node:path';
import ts from 'typescript';

/**
 * The declarations of the public API: src/index.ts and what it reaches, by path relative to src/. Throws on type
 * errors in them, and where one needs a package, because users have none of ours installed; Node's own types they have.
 * All other files are checked by `npm run typecheck`.
 */
export function declarations(root) {
  const declarationOf = emitter(join(root, 'src'), readConfig(root));
  const reached = new Map();
  const queue = ['index.d.ts'];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    // The compiler leaves ".ts" in declarations; editors other than TypeScript's own expect ".js".
    const rewritten = declarationOf(path).replace(SPECIFIER, (all, before, specifier, after) => {
      if (specifier.startsWith('node:')) return all;
      if (!specifier.startsWith('.')) throw new Error(`${path} of the public API needs ${specifier}`);
      queue.push(join(dirname(path), specifier).replace(/\.ts$/, '.d.ts'));
      return `${before}${specifier.replace(/\.ts$/, '.js')}${after}`;
    });
    reached.set(path, rewritten);
  }
  return reached;
}

/** `from './x.ts'`, `import './x.ts'` and `import('./x.ts')` as the compiler writes them. */
const SPECIFIER = /(\b(?:from|import)\s*\(?\s*["'])([^"']+)(["'])/g;

function readConfig(root) {
  const { config, error } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  if (error) throw new Error(format([error]));
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

/** Writes the declaration of one file, by its path below the folder of sources. */
function emitter(source, options) {
  const program = ts.createProgram([join(source, 'index.ts')], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: source,
    outDir: source,
  });
  const problems = [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics()];
  if (problems.length > 0) throw new Error(format(problems));
  return (path) => {
    const file = program.getSourceFile(join(source, path.replace(/\.d\.ts$/, '.ts')));
    let declaration;
    const { diagnostics } = program.emit(file, (_path, text) => (declaration = text));
    const errors = [...program.getSemanticDiagnostics(file), ...diagnostics];
    if (errors.length > 0) throw new Error(format(errors));
    if (file === undefined || declaration === undefined) throw new Error(`no declaration was written for ${path}`);
    return declaration;
  };
}

function format(diagnostics) {
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (path) => path,
    getCurrentDirectory: () => process.cwd(),
    getNewLine: () => '\n',
  });
}
