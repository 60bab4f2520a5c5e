import { goQuestions } from '../../ecosystems/go/questions.ts';
import { goConventions } from '../../ecosystems/conventions/go.ts';
import { STABLE } from '../../model/channel.ts';
import type { Artifact, Artifacts } from '../../model/dependency.ts';
import { specOf, type VersionRef } from '../../model/package.ts';
import { createLimiter } from '../../net/limiter.ts';
import { goModHashOf, MAX_LONE_BYTES, MAX_MODULE_BYTES, readModuleZip } from '../../readers/module-zip.ts';
import { ZipError } from '../../readers/zip.ts';
import type { GoProxy } from '../../registries/goproxy/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import { choosing, type Choosing } from '../common/choose.ts';
import type { Decision } from '../common/judge.ts';
import type { Answer, Protocol, Serving } from '../common/protocol.ts';
import type { Refusal } from '../common/refusal.ts';
import { bytesReply, failureReply, refusalReply, type Reply } from '../common/reply.ts';
import { brokenOff, unansweredReply } from '../common/unanswered.ts';
import { readPath, type Asked } from './asked.ts';

/** Zips that are in memory at the same time, each as a whole: their hash is that of the files in them. */
const ZIPS = 3;
const JSON_TYPE = 'application/json';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

const { versions } = goConventions;

/** What of a version is decided about: with its zip, or its go.mod alone, of which nothing is built. */
type File = 'zip' | 'go.mod';

/** Module proxies, with the checksum database behind them, as the go command's own settings name them. */
export function goProtocol(proxy: GoProxy): Protocol {
  return { name: 'go', isAtRoot: false, open: (serving) => answersOf(proxy, serving) };
}

function answersOf(proxy: GoProxy, { judge, record }: Serving): Answer {
  const { artifacts } = goQuestions(proxy);
  const limit = createLimiter(ZIPS);

  return async ({ method, path }) => {
    if (method !== 'GET' && method !== 'HEAD') {
      return failureReply(405, 'read-only', 'a module proxy is only read');
    }
    const asked = readPath(path);
    switch (asked.kind) {
      case 'list':
        return list(asked.name);
      case 'latest':
        return latest(asked.name);
      case 'info':
        return info(asked.name, asked.wanted);
      case 'mod':
        return mod(refOf(asked.name, asked.wanted));
      case 'zip':
        return limit(() => zip(refOf(asked.name, asked.wanted)));
      case 'database':
        return ofDatabase(asked);
      case 'nothing':
        return failureReply(404, 'not-found', 'no module proxy has such an address');
    }
  };

  async function decide(version: VersionRef, file: File): Promise<Decision> {
    const { name, version: number } = version;
    const all = await artifacts(name, number);
    const [own, ...others] = all.filter((one) => file === 'zip' || one.file === file);
    const found: Artifacts = own === undefined ? [artifactOf(file, null)] : [own, ...others];
    const said = `${file} ${JSON.stringify(found.map(({ digests }) => digests))}`;
    return judge.decide(
      version,
      said,
      () => found,
      (locked) => withUnlocked(locked, found),
    );
  }

  /** Of what the settings exempt nobody has a hash: then it is the one that is served, as the go command takes it. */
  async function decideServed(version: VersionRef, file: File, hash: string): Promise<Decision> {
    if (!isExempt(version)) return decide(version, file);
    const served: Artifacts = [artifactOf(file, hash)];
    return judge.decide(
      version,
      `${file} ${hash}`,
      () => served,
      (locked) => withUnlocked(locked, served),
    );
  }

  function isExempt({ name }: VersionRef): boolean {
    return proxy.exempt(name) !== null;
  }

  /** A version that somebody may pick. What is exempt has no hash yet, and is decided about once it is fetched. */
  async function refusalOf(version: VersionRef): Promise<Refusal | null> {
    return isExempt(version) ? null : (await decide(version, 'zip')).refusal;
  }

  function refused(refusal: Refusal): Reply {
    record.refuse(refusal);
    return refusalReply(refusal);
  }

  /** Decides about what somebody may pick without naming a version. */
  async function chosen(name: string, listed: readonly string[]): Promise<Choosing> {
    const choice = choosing('go', listed, async (version) => ({ refusal: await refusalOf(refOf(name, version)) }));
    await choice.decideHighest(judge.namedOf(refOf(name, '')).filter((version) => listed.includes(version)));
    for (const refusal of choice.refused.values()) record.hide(refusal);
    return choice;
  }

  async function list(name: string): Promise<Reply> {
    const answer = await proxy.list(name);
    if (answer.state !== 'present') return unansweredReply(answer, `the list of versions of ${escapeText(name)}`);
    // What is no version, nobody can decide about.
    const all = answer.value.filter((version) => versions.parse(version) !== null);
    const { refused: hidden } = await chosen(name, all);
    const left = all.filter((version) => !hidden.has(version));
    const [first] = hidden.values();
    // Of an empty list the go command takes what there is beside releases.
    if (left.length === 0 && first !== undefined) return refused(first);
    return bytesReply(200, TEXT, Buffer.from(left.map((version) => `${version}\n`).join('')));
  }

  async function latest(name: string): Promise<Reply> {
    const said = await proxy.latest(name);
    if (said.state !== 'present') return unansweredReply(said, `the latest version of ${escapeText(name)}`);
    const { version } = said.value;
    const refusal = await refusalOf(refOf(name, version));
    if (refusal === null) return bytesReply(200, JSON_TYPE, said.value.body);
    const all = await proxy.list(name);
    const { sorted, firstAllowed } = await chosen(name, all.state === 'present' ? all.value : []);
    const below = sorted.filter((one) => one.version.channel === STABLE && versions.compare(one.text, version) < 0);
    const lower = await firstAllowed(below);
    return lower === null ? refused(refusal) : info(name, lower);
  }

  async function info(name: string, wanted: string): Promise<Reply> {
    const what = escapeText(`${name}@${wanted}`, 200);
    const said = await proxy.info(name, wanted);
    if (said.state !== 'present') return unansweredReply(said, what);
    const { version } = said.value;
    if (versions.parse(wanted) !== null && version !== wanted) {
      return failureReply(502, 'evidence-malformed', `what the module proxy says of ${what} is about another version`);
    }
    const refusal = await refusalOf(refOf(name, version));
    return refusal === null ? bytesReply(200, JSON_TYPE, said.value.body) : refused(refusal);
  }

  async function mod(version: VersionRef): Promise<Reply> {
    const answer = await proxy.file(version, 'mod', MAX_LONE_BYTES);
    if (answer.state !== 'present') return unansweredReply(answer, `the go.mod of ${escapeText(specOf(version), 200)}`);
    const bytes = answer.value;
    return handOut(version, 'go.mod', goModHashOf(bytes), () => bytesReply(200, TEXT, bytes));
  }

  async function zip(version: VersionRef): Promise<Reply> {
    // What is refused is not asked for.
    const refusal = await refusalOf(version);
    if (refusal !== null) return refused(refusal);
    const answer = await proxy.file(version, 'zip', MAX_MODULE_BYTES);
    if (answer.state !== 'present') return unansweredReply(answer, `the zip of ${escapeText(specOf(version), 200)}`);
    const bytes = answer.value;
    let hash: string;
    try {
      ({ hash } = readModuleZip(bytes, `${version.name}@${version.version}`));
    } catch (error) {
      if (!(error instanceof ZipError)) throw error;
      const message = `${escapeText(specOf(version), 200)}: its zip has ${error.message}.`;
      return refused({ version, code: 'evidence-malformed', message, help: '' });
    }
    return handOut(version, 'zip', hash, () => {
      record.fetch(version);
      return bytesReply(200, BYTES, bytes);
    });
  }

  /** Hands bytes out where they are those that were judged: as they are hashed as a whole, none go out before. */
  async function handOut(version: VersionRef, file: File, hash: string, reply: () => Reply): Promise<Reply> {
    const { refusal, artifacts: judged } = await decideServed(version, file, hash);
    if (refusal !== null) return refused(refusal);
    const digests = judged.flatMap((one) => (one.file === file ? one.digests : []));
    const isHeld = digests.length === 0 || digests.some(({ algorithm, hex }) => algorithm === 'h1' && hex === hash);
    return isHeld ? reply() : refused(brokenOff(version, 'mismatch', `its ${file}`));
  }

  async function ofDatabase({ database, path }: Asked & { readonly kind: 'database' }): Promise<Reply> {
    if (proxy.database?.key.name !== database) {
      return failureReply(404, 'not-found', `GOSUMDB does not name ${escapeText(database, 120)}`);
    }
    if (path === 'supported') return bytesReply(200, TEXT, Buffer.alloc(0));
    const answer = await proxy.database.answer(path);
    return answer.state === 'present' ? bytesReply(200, BYTES, answer.value) : unansweredReply(answer, 'what it asks');
  }
}

/** What go.sum locks, and of files that it has no line of what they are by the database. */
function withUnlocked(locked: Artifacts, found: Artifacts): Artifacts {
  const [first, ...others] = locked;
  return [first, ...others, ...found.filter((one) => locked.every(({ file }) => file !== one.file))];
}

function artifactOf(file: File, hash: string | null): Artifact {
  const digests = hash === null ? [] : [{ algorithm: 'h1' as const, hex: hash }];
  return { file, digests, source: { kind: 'registry', resolved: null } };
}

function refOf(name: string, version: string): VersionRef {
  return { ecosystem: 'go', name, version };
}
