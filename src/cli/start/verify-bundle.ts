import { command } from '../commands/verify-bundle.ts';
import { EXIT } from '../exit.ts';
import { processIo } from '../io.ts';
import { directOutput } from './direct-output.ts';
import { optionsOf, reporting } from './one-command.ts';

/**
 * `assay verify-bundle` as a script of its own, with everything it uses inside: it does so little that what Node needs
 * to load modules would be most of its time.
 */
export { command };

/** Runs it with the arguments behind its name, and returns the exit status. */
export function run(args: readonly string[]): Promise<number> {
  const io = processIo(process, directOutput(process));
  return reporting(io, async () => {
    const options = await optionsOf('verify-bundle', command, args, io);
    return options === null ? EXIT.holds : command.run(options, io);
  });
}
