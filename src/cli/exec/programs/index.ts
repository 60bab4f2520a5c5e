import { CARGO } from './cargo.ts';
import { GO } from './go.ts';
import { NODE } from './node.ts';
import type { Program } from './program.ts';
import { PIP, PROJECT_INSTALLERS, PYTHON_RUNNERS, UV } from './python.ts';

/** Every program whose commands are held to the audit. */
const PROGRAMS: readonly Program[] = [...NODE, PIP, UV, ...PROJECT_INSTALLERS, ...PYTHON_RUNNERS, CARGO, GO];

/** The program of this name; null for any other. */
export function programOf(name: string): Program | null {
  return PROGRAMS.find(({ isNamed }) => isNamed.test(name)) ?? null;
}
