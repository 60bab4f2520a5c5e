import { type Behaviour, newBehaviours } from './behaviours.ts';
import { type Answer, json } from './registry.ts';
import { type LoggedRequest, serve } from './server.ts';

export interface MirrorOptions {
  /** Removes `dist.signatures` and `dist.attestations`, and serves neither keys nor attestations. */
  readonly stripSignatures?: boolean;
  /** Removes `dist.attestations` only, and serves no attestations. */
  readonly stripAttestations?: boolean;
  /** Leaves tarball and attestation addresses as the mirrored registry wrote them. */
  readonly keepAddresses?: boolean;
  readonly latencyMs?: number;
  readonly requireToken?: string;
}

/** A second server that passes on what it fetches from a registry. */
export interface Mirror {
  readonly url: string;
  readonly requests: LoggedRequest[];
  readonly behave: (path: RegExp, behaviour: Behaviour) => void;
  readonly close: () => Promise<void>;
}

export async function startMirror(upstream: string, options: MirrorOptions, token: string | null): Promise<Mirror> {
  const behaviours = newBehaviours();
  const requests: LoggedRequest[] = [];
  const noAttestations = options.stripSignatures === true || options.stripAttestations === true;

  const answer = async (path: string, accept: string): Promise<Answer | null> => {
    if (noAttestations && path.startsWith('-/npm/v1/attestations/')) return null;
    if (options.stripSignatures === true && path === '-/npm/v1/keys') return null;
    const response = await fetch(`${upstream}${path}`, {
      headers: { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    });
    if (!response.ok) return null;
    const type = response.headers.get('content-type') ?? '';
    const body = Buffer.from(await response.arrayBuffer());
    if (!type.includes('json')) {
      return { type, body, gzip: null, etag: response.headers.get('etag') ?? '""' };
    }
    const text = options.keepAddresses === true ? body.toString() : body.toString().replaceAll(upstream, server.url);
    return json(JSON.parse(text, (name, value: unknown) => strip(name, value)) as object, type);
  };

  const strip = (name: string, value: unknown): unknown => {
    if (name !== 'dist' || typeof value !== 'object' || value === null) return value;
    const dropped = [
      ...(noAttestations ? ['attestations'] : []),
      ...(options.stripSignatures === true ? ['signatures'] : []),
    ];
    return Object.fromEntries(Object.entries(value).filter(([member]) => !dropped.includes(member)));
  };

  const server = await serve({
    behaviours,
    requests,
    latencyMs: options.latencyMs ?? 0,
    requireToken: options.requireToken ?? null,
    answer,
  });
  return { url: server.url, requests, behave: behaviours.add, close: server.close };
}
