import { pypiProtocol, remembering, type Gate } from '../../../gate/index.ts';
import { askedFor } from '../../../lockfiles/pypi/pyproject.ts';
import { pypiIndex } from '../../../registries/pypi/index.ts';
import { escapeText } from '../../../report/words/escape.ts';
import { temporaryFolder } from '../../../store/temporary.ts';
import type { Program } from '../../exec/programs/program.ts';
import { UsageError } from '../../exit.ts';
import { pypiAsking, pypiClient } from '../../project/pypi-source.ts';
import { networkConfig, registryBy, registryClient } from '../../project/registry.ts';
import { tomlFile } from '../../project/uv-settings.ts';
import { over, unproxied, type ClientContext, type GateClient, type Pointed } from '../common/kind.ts';
import { demandPipFiles, demandUvFiles, demandVariables, nameOf, namesInFiles } from './settings.ts';

interface PythonCommand {
  readonly program: Program;
  /** The word by which it is called, which may be a path. */
  readonly calledAs: string;
  readonly folder: string;
  /** Where it is run. */
  readonly start: string;
  /** Files of requirements. */
  readonly files: readonly string[];
  readonly names: readonly string[];
  /** Whether uv takes from uv.lock what that has, at the addresses that it has. */
  readonly isFrozen: boolean;
  /** Throws UsageError. */
  readonly lead: (by: string) => never;
}

/** pip or uv, as its settings are. Throws UsageError where one of them names another index beside the one. */
export function pythonClient(command: PythonCommand, { values, line, redirects, io }: ClientContext): GateClient {
  const { program, calledAs, folder, start, files, names, isFrozen, lead } = command;
  const manager = program.name === 'uv' ? 'uv' : 'pip';
  demandVariables(program, io.env, lead);
  if (manager === 'uv') demandUvFiles(folder, io, lead);
  else demandPipFiles(calledAs, io, lead);
  const project = tomlFile(folder, 'pyproject.toml', io);
  const direct = new Set([
    ...namesInFiles(files, start, io, lead),
    ...names.flatMap((name) => nameOf(name) ?? []),
    ...(project === null ? [] : askedFor(project.table)),
  ]);
  const asking = pypiAsking(new Set([manager]), folder, io);
  const { settings } = asking;
  const [own] = settings.explicit.values();
  if (own !== undefined) {
    throw new UsageError(
      `${escapeText(settings.namedBy.get(own) ?? own, 200)} is an index beside ${settings.default}, and the gate stands before one: install from the lockfile with assay exec`,
    );
  }
  const network = networkConfig(values, folder, io);
  return {
    network,
    isDirect: (name) => direct.has(name),
    open: () => {
      // Nobody of npm's kind is asked.
      const npm = registryClient(network, { names: [], redirects });
      const client = remembering(pypiClient(asking));
      return {
        protocol: pypiProtocol({ client, urlFor: () => settings.default, writtenFor: () => settings.written }),
        sources: {
          registry: registryBy(npm, network, io),
          pypi: { index: pypiIndex(client, settings), environmentFor: asking.environmentFor },
        },
        close: () => {
          npm.close();
          client.close();
        },
      };
    },
    point: (gate, env) => (isFrozen ? frozen(line, env) : pointed(gate, line, env)),
    written: String,
  };
}

function frozen(line: readonly string[], env: NodeJS.ProcessEnv): Pointed {
  const past = 'uv fetches what uv.lock has from the addresses there, past the gate, and holds it to its hashes';
  return { line, env, past: [past], close: () => undefined };
}

/** Those that name indexes beside the one. */
const OTHERS = /^(?:PIP_(?:NO_INDEX|PYPI_URL|PROXY|ISOLATED)|UV_(?:INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX))$/i;

/**
 * Both read their variables before their files: tried with pip 23 to 26 and uv 0.13. One that starts the other, as `uv
 * run pip` does, hands them on.
 */
function pointed({ url }: Pick<Gate, 'url'>, line: readonly string[], env: NodeJS.ProcessEnv): Pointed {
  const index = `${url}simple`;
  // A file that nobody read here may have more of these: of each, a variable takes the place.
  const empty = temporaryFolder('gate');
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !OTHERS.test(name)));
  return {
    line,
    env: over(own, {
      PIP_INDEX_URL: index,
      PIP_EXTRA_INDEX_URL: index,
      PIP_FIND_LINKS: empty.path,
      UV_DEFAULT_INDEX: index,
      UV_INDEX_URL: index,
      ...unproxied(env, new URL(url).hostname),
    }),
    past: [],
    close: empty.remove,
  };
}
