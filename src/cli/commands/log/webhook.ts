import { homedir } from 'node:os';
import { join, parse } from 'node:path';
import { VERSION } from '../../../model/version.ts';
import { createHttpClient } from '../../../net/client.ts';
import { withoutExportedSettings } from '../../../registries/npm/config/npmrc.ts';
import type { Io } from '../../io.ts';
import { networkConfig } from '../../project/registry.ts';
import { isOfProject } from '../../setup.ts';

/** Receivers take a hundred kilobytes or more. */
const MAX_PART_BYTES = 60_000;

/** One line of an event, and whether anybody can have it sent: then it holds up nothing else. */
export interface Told {
  readonly line: string;
  readonly isAnybodys: boolean;
}

export interface Webhook {
  /** Whether the receiver has what only few can cause; that goes first, and in parts. */
  readonly send: (events: readonly Told[]) => Promise<boolean>;
  readonly close: () => void;
}

/**
 * The receiver of findings. Its address is a secret like a token: it is reached by the settings of the user, never by
 * those of a project, which could name a proxy that reads it.
 */
export function openWebhook(url: string, io: Io): Webhook {
  const home = io.env['HOME'] ?? homedir();
  const root = parse(process.execPath).root;
  const { platform } = process;
  // Which files are the user's, a project's .npmrc says, too, where npm hands its settings on to what it starts.
  const given = withoutExportedSettings({ cwd: root, env: io.env, homedir: home, platform });
  const env = isOfProject(join(home, '.npmrc')) ? { ...given, HOME: root } : given;
  const config = networkConfig({}, root, { ...io, env });
  const http = createHttpClient(
    { ...config, userAgent: null },
    { userAgent: `assay/${VERSION}`, refuseRedirect: () => 'and a webhook is asked at its own address alone' },
  );

  async function sendPart(lines: readonly string[]): Promise<boolean> {
    const json = `{"schema":"assay.log-events/1","events":[${lines.join(',')}]}`;
    const answer = await http.get(url, { json, maxBytes: 0, auth: false, statusAlone: true });
    if (answer.kind === 'ok') return true;
    const status = answer.kind === 'failed' ? answer.status : null;
    if (status === 413 && lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      const first = await sendPart(lines.slice(0, half));
      return (await sendPart(lines.slice(half))) && first;
    }
    const why = answer.kind === 'failed' ? answer.reason : 'there is nothing at its address';
    io.stderr.write(`assay: the webhook did not take it (${why})\n`);
    // It never will; standard output has it.
    return status === 413;
  }

  return {
    send: async (events) => {
      const linesOf = (isAnybodys: boolean): string[] =>
        events.flatMap((one) => (one.isAnybodys === isAnybodys ? [one.line.trimEnd()] : []));
      for (const part of partsOf(linesOf(false))) {
        if (!(await sendPart(part))) return false;
      }
      for (const part of partsOf(linesOf(true))) {
        if (!(await sendPart(part))) break;
      }
      return true;
    },
    close: () => http.close(),
  };
}

function partsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let bytes = Infinity;
  for (const line of lines) {
    const length = Buffer.byteLength(line);
    if (bytes + length > MAX_PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(line);
    bytes += length;
  }
  return parts;
}
