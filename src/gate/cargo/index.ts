import { servedIntegrity } from '../../audit/compare.ts';
import { MAX_TARBALL_BYTES } from '../../model/limits.ts';
import { byteDigests } from '../../model/dependency.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { VersionRef } from '../../model/package.ts';
import type { Sink } from '../../net/request.ts';
import { indexPath, type CratesIndex } from '../../registries/crates/index.ts';
import { escapeText } from '../../report/words/escape.ts';
import { handOnBy } from '../common/artifact.ts';
import { choosing } from '../common/choose.ts';
import { servedArtifacts, type Decision } from '../common/judge.ts';
import type { Answer, Protocol, Serving } from '../common/protocol.ts';
import type { Refusal } from '../common/refusal.ts';
import {
  bytesReply,
  failureReply,
  jsonReply,
  refusalReply,
  tagged,
  type GateRequest,
  type Reply,
} from '../common/reply.ts';
import { brokenOff, unansweredReply } from '../common/unanswered.ts';
import { FILES, readPath } from './asked.ts';
import { readIndexFile, withoutVersions, type IndexFile } from './index-file.ts';

/** An index that is asked about crates, with the files that it names. */
export function cargoProtocol(index: CratesIndex): Protocol {
  return { name: 'cargo', isAtRoot: false, open: (serving) => answersOf(index, serving) };
}

function answersOf(index: CratesIndex, { judge, record }: Serving): Answer {
  /** Those that are remembered, as they were read: Cargo asks for its file, and then for its bytes. */
  const files = new WeakMap<Buffer, Evidence<IndexFile>>();

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failureReply(405, 'read-only', 'the gate only reads: publish and yank without it');
    }
    const asked = readPath(request.path);
    switch (asked.kind) {
      case 'config':
        // It names no web API, of which Cargo asks nothing when it builds.
        return jsonReply(200, { dl: `${request.base}${FILES}` });
      case 'crate':
        return crate(asked.path, request);
      case 'file':
        return file(asked.name, asked.version, request);
      case 'nothing':
        return failureReply(404, 'not-found', 'no index of crates has such an address');
    }
  };

  async function load(path: string): Promise<Evidence<IndexFile>> {
    const answer = await index.file(path);
    if (answer.state !== 'present') return answer;
    const found = files.get(answer.value) ?? readIndexFile(answer.value, path, index.url);
    files.set(answer.value, found);
    return found;
  }

  function decide({ name, history }: IndexFile, version: string): Promise<Decision> {
    const integrity = history.versions.get(version)?.integrity ?? null;
    return judge.decide(refOf(name, version), integrity ?? '', () => servedArtifacts(integrity));
  }

  async function crate(path: string, request: GateRequest): Promise<Reply> {
    const found = await load(path);
    if (found.state !== 'present') return unansweredReply(found, `the file of ${escapeText(path)}`);
    const { name, history } = found.value;
    const { versions } = history;
    const open = [...versions.keys()].filter((version) => versions.get(version)?.deprecated === false);
    const named = judge.namedOf(refOf(name, ''));
    const choice = choosing('cargo', open, (version) => decide(found.value, version));
    await choice.decideHighest(named.filter((version) => versions.has(version)));
    for (const refusal of choice.refused.values()) record.hide(refusal);
    const body = withoutVersions(found.value, new Set(choice.refused.keys()));
    return tagged(bytesReply(200, 'text/plain; charset=utf-8', body), request);
  }

  async function file(name: string, version: string, request: GateRequest): Promise<Reply> {
    const found = await load(indexPath(name));
    if (found.state !== 'present') return unansweredReply(found, `the file of ${escapeText(name)}`);
    const ref = refOf(name, version);
    const integrity = found.value.history.versions.get(version)?.integrity ?? null;
    const [served] = servedIntegrity(integrity);
    if (found.value.name !== name || served === undefined) {
      return failureReply(404, 'not-found', `the index has no ${escapeText(`${name}@${version}`, 200)}`);
    }
    const { refusal, artifacts } = await decide(found.value, version);
    if (refusal !== null) return refuse(refusal);
    record.fetch(ref);
    if (request.method === 'HEAD') return bytesReply(200, 'application/gzip', Buffer.alloc(0));
    return bytesReply(200, 'application/gzip', async (out) => {
      const fetched = { name, version, checksum: served.hex };
      const fetch = async (sink: () => Sink): Promise<'ok' | 'absent' | 'unavailable'> => {
        const { state } = await index.fetch(fetched, sink, MAX_TARBALL_BYTES);
        return state === 'present' ? 'ok' : state === 'absent' ? 'absent' : 'unavailable';
      };
      const broken = await handOnBy(fetch, byteDigests(artifacts[0]), out);
      return broken === null ? null : refuse(brokenOff(ref, broken, 'its file'));
    });
  }

  function refuse(refusal: Refusal): Reply {
    record.refuse(refusal);
    return refusalReply(refusal);
  }
}

function refOf(name: string, version: string): VersionRef {
  return { ecosystem: 'cargo', name, version };
}
