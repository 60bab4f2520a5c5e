import type { CommandName } from './names.ts';

type Meaning = readonly [status: string, meaning: string];

const USAGE: Meaning = ['2', 'wrong usage or configuration, or nothing to check'];
const NO_STATEMENT: Meaning = ['3', 'evidence could not be obtained, so there is no statement'];

/** What the exit statuses of each command mean, for its help. */
export const EXIT_HELP: Readonly<Record<CommandName, readonly Meaning[]>> = {
  audit: [
    ['0', 'nothing fails; there may be warnings'],
    ['1', 'something fails the phase or the policy'],
    USAGE,
    NO_STATEMENT,
  ],
  exec: [
    ['0', 'the audit holds and the command ended with 0'],
    ['1', 'the audit fails, and the command was not run; or it ended with 0 and the lockfile is another one now'],
    ['2', `${USAGE[1]}; the command was not run`],
    ['3', `${NO_STATEMENT[1]}; the command was not run`],
    ['other', 'that of the command'],
  ],
  gate: [
    ['0', 'the command ended with 0, and the lockfile holds; an older version may have been taken, which is said'],
    ['1', 'the audit fails: before the command, which was not run, or after it'],
    USAGE,
    NO_STATEMENT,
    ['other', 'that of the command'],
  ],
  hook: [
    ['0', 'the answer is on standard output, also where it is a refusal'],
    ['2', 'what was asked cannot be read, which agents take for a refusal; or wrong usage'],
  ],
  mcp: [
    ['0', 'standard input has ended, and everything is answered'],
    ['2', 'wrong usage'],
  ],
  init: [
    ['0', 'both files are written'],
    ['1', 'something contradicts itself or the policy, and is left out of assay.lock'],
    ['2', 'wrong usage or configuration, there is a policy already, or nothing to check'],
    ['3', 'no answer, or no signature from a registry: of some, which is left out, or of all, and nothing is written'],
  ],
  update: [
    ['0', 'assay.lock is up to date, with what passes or was accepted; what is left out is named'],
    ['1', 'something contradicts itself or the policy, and is left out'],
    USAGE,
    ['3', 'no answer, or no signature from a registry: of some, which is left out, or of all, and no file is begun'],
  ],
  review: [
    ['0', 'the audit holds, also where something waits for a decision'],
    ['1', 'the audit fails, also where nothing is overdue'],
    USAGE,
    NO_STATEMENT,
  ],
  accept: [
    ['0', 'assay.lock has the decision'],
    ['1', 'something that was found cannot be accepted; nothing is written'],
    ['2', 'wrong usage or configuration, or nothing to accept'],
    ['3', 'evidence could not be obtained, so nothing is written'],
  ],
  check: [
    ['0', 'nothing fails; there may be warnings'],
    ['1', 'something fails the phase or the policy'],
    ['2', 'wrong usage or configuration, or there is no such version'],
    NO_STATEMENT,
  ],
  'verify-bundle': [
    ['0', 'every bundle verifies'],
    ['1', 'one does not'],
    ['2', 'wrong usage, or a file that cannot be read, and no bundle that does not verify'],
    ['3', "no statement, as this machine's clock is behind"],
  ],
  explain: [
    ['0', 'the page is shown'],
    ['2', 'there is no such finding'],
  ],
  log: [
    ['0', 'what was asked holds'],
    ['1', 'a log contradicts itself or the registry, or has not what it should have'],
    USAGE,
    ['3', 'a log gave no answer, or not the whole of one: no statement'],
  ],
  trust: [
    ['0', 'shown, refreshed or imported'],
    ['2', 'wrong usage or configuration; or import of a root that nobody signs, for which the policy has to name it'],
    ['3', 'the TUF repository, or what was to be imported, gave no valid answer'],
  ],
  pack: [
    ['0', 'the pack is written, with all that was asked'],
    USAGE,
    [
      '3',
      'something could not be had; the pack is written and names it, or, without a trusted root, nothing is written',
    ],
  ],
  cache: [
    ['0', 'shown, or pruned'],
    ['2', 'wrong usage'],
  ],
  demo: [
    ['0', 'the replay went as it is told'],
    ['1', 'it did not'],
    ['2', 'wrong usage'],
  ],
  completion: [
    ['0', 'the script is written'],
    ['2', 'there is none for that shell'],
  ],
};
