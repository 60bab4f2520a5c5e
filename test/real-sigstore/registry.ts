import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { BundleJson } from '../../lab/sigstore/bundle.ts';
import type { AttestationsJson, ManifestJson } from '../../lab/documents.ts';
import { newRegistryKeys, registrySignature, type KeysJson, type TufKeysJson } from '../../lab/registry-keys.ts';
import { json, newRegistry, type Answer, type Registry } from '../../lab/registry.ts';
import { PUBLISH, SLSA_V1 } from '../../lab/statements.ts';
import { listening, type Listening } from './listen.ts';
import { publicationOf, sign } from './sign.ts';
import type { Town } from './town.ts';

/** What `npm publish` sends. */
interface Upload {
  readonly name: string;
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, ManifestJson>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** A registry that takes what the npm client publishes, and signs and attests it with its own key. */
export interface TownRegistry extends Listening {
  readonly registry: Registry;
  /** Publishes. */
  readonly take: (upload: Upload) => Promise<void>;
  readonly keys: KeysJson;
  readonly tufKeys: TufKeysJson;
}

export async function startRegistry(town: Town): Promise<TownRegistry> {
  const registry = newRegistry();
  const keys = newRegistryKeys(Date.now() - 86_400_000);

  const publish = async (upload: Upload, url: string): Promise<void> => {
    const [version, sent] = Object.entries(upload.versions)[0] ?? ['', undefined];
    const { name } = upload;
    const attachment = (end: string): string | undefined =>
      Object.entries(upload._attachments).find(([file]) => file.endsWith(end))?.[1].data;
    const tarball = Buffer.from(attachment('.tgz') ?? '', 'base64');
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    if (sent?.dist.integrity !== integrity) throw new Error('the tarball is not the one of the manifest');
    const provenance = attachment('.sigstore');
    const attestations =
      provenance === undefined ? null : await attest(name, version, tarball, JSON.parse(provenance) as BundleJson, url);
    const address = `${url}-/npm/v1/attestations/${name.replace('/', '%2f')}@${version}`;
    const dist = {
      ...sent.dist,
      tarball: `${url}${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`,
      signatures: [registrySignature(keys.choose('current', Date.now()), `${name}@${version}:${integrity}`)],
      ...(attestations === null ? {} : { attestations: { url: address, provenance: { predicateType: SLSA_V1 } } }),
    };
    const manifest = { ...sent, dist, _npmUser: { name: 'octocat', email: 'octocat@town.test' } };
    registry.add({ name, version, time: Date.now(), integrity, tarball, manifest, attestations }, 'latest');
  };
  const attest = async (
    name: string,
    version: string,
    tarball: Buffer,
    provenance: BundleJson,
    url: string,
  ): Promise<AttestationsJson> => {
    const { id: hint, signing: key } = keys.choose('current', Date.now());
    const statement = publicationOf(name, version, tarball, url);
    // The kind that npm's own verifier knows.
    const bundle = await sign(town, { content: { statement }, by: { key, hint }, kind: 'dsse' });
    const attestations = [
      { predicateType: PUBLISH, bundle },
      { predicateType: SLSA_V1, bundle: provenance },
    ];
    return { attestations };
  };

  const listener = await listening(
    createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const path = decodeURIComponent((request.url ?? '/').slice(1));
        answer(request.method ?? 'GET', path, request.headers.accept ?? '', Buffer.concat(parts)).then(
          (found) => {
            response.writeHead(found === null ? 404 : 200, { 'content-type': found?.type ?? 'application/json' });
            response.end(found?.body ?? '{}');
          },
          (error: unknown) => {
            response.writeHead(500, { 'content-type': 'application/json' });
            response.end(JSON.stringify({ error: String(error) }));
          },
        );
      });
    }),
  );
  const answer = async (method: string, path: string, accept: string, body: Buffer): Promise<Answer | null> => {
    if (method === 'GET') return path === '-/npm/v1/keys' ? json(keys.document()) : registry.answer(path, accept);
    // npm asks for a token of its own first, and goes on with the one it has.
    if (method !== 'PUT') return null;
    await publish(JSON.parse(body.toString()) as Upload, listener.url);
    return json({ ok: true });
  };
  return {
    ...listener,
    registry,
    take: (upload) => publish(upload, listener.url),
    keys: keys.document(),
    tufKeys: keys.tufTarget(),
  };
}
