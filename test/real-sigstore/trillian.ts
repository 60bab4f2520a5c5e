import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { newKey, sha256 } from '../../lab/sigstore/keys.ts';
import { startIndexStore } from './index-store.ts';
import { startPostgres } from './postgres.ts';
import { freePorts, type Processes } from './processes.ts';

/** A log of Rekor v1. */
export interface RekorV1 {
  /** With a trailing slash. */
  readonly url: string;
  readonly name: string;
  /** As a trusted root has it. */
  readonly inRoot: TrustedRootJson['tlogs'][number];
}

const REKOR_V1 = 'rekor1.town.test';

/** What Rekor v1 stands on: Trillian over PostgreSQL, and the store of its index. */
export interface Trillian {
  readonly port: number;
  readonly store: number;
  readonly close: () => Promise<void>;
}

type Programs = Readonly<Record<string, string>>;

export async function startTrillian(processes: Processes, programs: Programs): Promise<Trillian> {
  const store = await startIndexStore();
  const database = await startPostgres(processes, programs['trillian-schema'] ?? '');
  const close = async (): Promise<void> => {
    await store.close();
    database.removeData();
  };
  try {
    const { rpc, http, signerRpc, signerHttp } = await freePorts(['rpc', 'http', 'signerRpc', 'signerHttp']);
    const common = ['--storage_system=postgresql', `--postgresql_uri=${database.uri}`, '--quota_system=noop'];
    const start = (name: string, rpcPort: number, httpPort: number, more: readonly string[] = []): Promise<void> =>
      processes.start({
        name,
        path: programs[name] ?? '',
        args: [
          ...common,
          ...[`--rpc_endpoint=127.0.0.1:${rpcPort}`, `--http_endpoint=127.0.0.1:${httpPort}`, '--logtostderr'],
          ...more,
        ],
        ready: `http://127.0.0.1:${httpPort}/healthz`,
      });
    await Promise.all([
      start('trillian-log-server', rpc, http),
      start('trillian-log-signer', signerRpc, signerHttp, ['--force_master', '--sequencer_interval=50ms']),
    ]);
    return { port: rpc, store: store.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts a server of Rekor v1 on a new tree. */
export async function startRekorV1(
  processes: Processes,
  programs: Programs,
  folder: string,
  trillian: Trillian,
): Promise<RekorV1> {
  const key = newKey('P-256');
  const keyFile = join(folder, `${REKOR_V1}.key`);
  writeFileSync(keyFile, key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const { http } = await freePorts(['http']);
  const url = `http://127.0.0.1:${http}/`;
  await processes.start({
    name: 'rekor-v1',
    path: programs['rekor-server'] ?? '',
    args: [
      'serve',
      ...['--host=127.0.0.1', `--port=${http}`],
      `--rekor_server.hostname=${REKOR_V1}`,
      `--rekor_server.signer=${keyFile}`,
      ...['--trillian_log_server.address=127.0.0.1', `--trillian_log_server.port=${trillian.port}`],
      ...['--redis_server.address=127.0.0.1', `--redis_server.port=${trillian.store}`],
      ...['--enable_attestation_storage', `--attestation_storage_bucket=file://${folder}`],
      '--publish_frequency=0',
      '--log_type=prod',
    ],
    ready: `${url}ping`,
  });
  return {
    url,
    name: REKOR_V1,
    inRoot: {
      baseUrl: `https://${REKOR_V1}`,
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: key.spki.toString('base64'),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        validFor: { start: new Date(Date.now() - 86_400_000).toISOString() },
      },
      logId: { keyId: sha256(key.spki).toString('base64') },
    },
  };
}
