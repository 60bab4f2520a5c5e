import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { newKey } from '../../lab/sigstore/keys.ts';
import type { TrustedRootJson } from '../../lab/sigstore/index.ts';
import { startGateway } from './gateway.ts';
import { FULCIO_CONFIG, GITHUB, startIssuer } from './issuer.ts';
import { type LogKey, newInstance, newLog, newWebCertificate, noteKey, privateNoteKey } from './keys.ts';
import { freePorts, newProcesses, type Processes } from './processes.ts';
import { startRekorV1, startTrillian, type RekorV1, type Trillian } from './trillian.ts';

/** Whom npm's client asks; the gateways answer for them. */
const PUBLIC_HOSTS = [
  new URL(GITHUB).host,
  'fulcio.sigstore.dev',
  'rekor.sigstore.dev',
  'tuf-repo-cdn.sigstore.dev',
] as const;

/** What tests have to know of the servers that run. */
export interface Town {
  /** Keys, logs of the programs, and in `ORIGIN/` the files of each log. */
  readonly folder: string;
  readonly programs: Readonly<Record<string, string>>;
  readonly urls: {
    /** Gives tokens: /token?repository=OWNER/NAME. */
    readonly issuer: string;
    readonly fulcio: string;
    readonly timestamps: string;
    /** Takes hashedrekord; a witness signs its checkpoints. */
    readonly rekor: string;
    /** Takes dsse too. */
    readonly rekorDsse: string;
  };
  readonly origins: { readonly rekor: string; readonly rekorDsse: string };
  /** The witness's name, and the key that its cosignatures are by. */
  readonly witness: { readonly name: string; readonly spki: string };
  /** With every log in it. */
  readonly trustedRoot: TrustedRootJson;
  /** Null where Rekor v1 cannot run. */
  readonly rekorV1: RekorV1 | null;
}

type Programs = Readonly<Record<string, string>>;

const WITNESS = 'witness.town.test';

/** Starts every server, with fresh keys in `folder`. */
export async function startTown(
  folder: string,
  programs: Programs,
  withV1: boolean,
): Promise<{ readonly town: Town; readonly stop: () => Promise<void> }> {
  const processes = newProcesses(folder);
  const logs = {
    rekor: newLog(folder, 'log1.town.test'),
    rekorDsse: newLog(folder, 'dsse.town.test'),
  };
  const root = newInstance(folder, Object.values(logs));
  newWebCertificate(folder, PUBLIC_HOSTS);
  const issuer = await startIssuer();
  const gateway = await startGateway(folder, { [new URL(GITHUB).host]: issuer.url });
  const stop = async (): Promise<void> => {
    await processes.stopAll();
    await Promise.all([gateway.close(), issuer.close(), trillian?.close()]);
  };
  let trillian: Trillian | null = null;
  try {
    const witness = await startWitness(processes, programs, folder, logs.rekor);
    const [ct, timestamps, rekor, rekorDsse] = await Promise.all([
      startCtLog(processes, programs, folder),
      startTimestamps(processes, programs, folder),
      startRekor(processes, programs['rekor-tiles'], folder, logs.rekor, [`--witness-policy-path=${witness.policy}`]),
      startRekor(processes, programs['rekor-tiles-dsse'], folder, logs.rekorDsse),
    ]);
    const fulcio = await startFulcio(processes, programs, folder, ct, gateway.url);
    trillian = withV1 ? await startTrillian(processes, programs) : null;
    const rekorV1 = trillian === null ? null : await startRekorV1(processes, programs, folder, trillian);
    const trustedRoot = { ...root, tlogs: [...root.tlogs, ...(rekorV1 === null ? [] : [rekorV1.inRoot])] };
    const town = {
      folder,
      programs,
      urls: { issuer: issuer.url, fulcio, timestamps, rekor, rekorDsse },
      origins: { rekor: logs.rekor.origin, rekorDsse: logs.rekorDsse.origin },
      witness: { name: WITNESS, spki: witness.spki },
      trustedRoot,
      rekorV1,
    };
    return { town, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const local = (port: number): string => `http://127.0.0.1:${port}/`;

async function startCtLog(processes: Processes, programs: Programs, folder: string): Promise<string> {
  const { http } = await freePorts(['http']);
  await processes.start({
    name: 'tesseract',
    path: programs['tesseract'] ?? '',
    args: [
      '--origin=ct.town.test',
      `--private_key=${join(folder, 'ct.key')}`,
      `--storage_dir=${join(folder, 'ct')}`,
      `--roots_pem_file=${join(folder, 'fulcio-root.pem')}`,
      '--ext_key_usages=CodeSigning',
      `--http_endpoint=127.0.0.1:${http}`,
      '--batch_max_age=20ms',
      '--checkpoint_interval=100ms',
    ],
    ready: `${local(http)}ct/v1/get-roots`,
  });
  return local(http);
}

async function startFulcio(
  processes: Processes,
  programs: Programs,
  folder: string,
  ctLog: string,
  gateway: string,
): Promise<string> {
  const { http, grpc, metrics } = await freePorts(['http', 'grpc', 'metrics']);
  writeFileSync(join(folder, 'fulcio.yaml'), stringify(FULCIO_CONFIG));
  await processes.start({
    name: 'fulcio',
    path: programs['fulcio'] ?? '',
    args: [
      'serve',
      ...['--host=127.0.0.1', `--port=${http}`, '--grpc-host=127.0.0.1', `--grpc-port=${grpc}`],
      `--metrics-port=${metrics}`,
      '--ca=fileca',
      `--fileca-cert=${join(folder, 'fulcio-chain.pem')}`,
      `--fileca-key=${join(folder, 'fulcio.key')}`,
      '--fileca-key-passwd=',
      '--fileca-watch=false',
      `--ct-log-url=${ctLog.slice(0, -1)}`,
      '--ct-log-origin=ct.town.test',
      `--ct-log-public-key-path=${join(folder, 'ct.pub')}`,
      `--config-path=${join(folder, 'fulcio.yaml')}`,
      // The default is one name for the whole machine.
      `--legacy-unix-domain-socket=@assay-town-${process.pid}`,
    ],
    env: { HTTPS_PROXY: gateway, SSL_CERT_FILE: join(folder, 'web-ca.pem') },
    ready: `${local(http)}healthz`,
  });
  return local(http);
}

async function startTimestamps(processes: Processes, programs: Programs, folder: string): Promise<string> {
  const { http } = await freePorts(['http']);
  await processes.start({
    name: 'timestamp-server',
    path: programs['timestamp-server'] ?? '',
    args: [
      'serve',
      ...['--host=127.0.0.1', `--port=${http}`],
      '--timestamp-signer=file',
      `--file-signer-key-path=${join(folder, 'tsa.key')}`,
      `--certificate-chain-path=${join(folder, 'tsa-chain.pem')}`,
      '--include-chain-in-response=false',
      '--enforce-intermediate-eku=false',
      // It would ask servers on the internet for the time.
      '--disable-ntp-monitoring',
    ],
    ready: `${local(http)}ping`,
  });
  return local(http);
}

/** Starts a log of Rekor v2, with its files in `ORIGIN/`. */
export async function startRekor(
  processes: Processes,
  path = '',
  folder: string,
  log: LogKey,
  more: readonly string[] = [],
  storage = log.origin,
): Promise<string> {
  const { http, grpc, metrics } = await freePorts(['http', 'grpc', 'metrics']);
  mkdirSync(join(folder, storage));
  await processes.start({
    name: `rekor-${storage}`,
    path,
    args: [
      'serve',
      ...['--http-address=127.0.0.1', `--http-port=${http}`, '--grpc-address=127.0.0.1', `--grpc-port=${grpc}`],
      `--http-metrics-port=${metrics}`,
      `--hostname=${log.origin}`,
      `--storage-dir=${join(folder, storage)}`,
      `--signer-filepath=${join(folder, `${log.origin}.key`)}`,
      // Entries are put into the tree at once.
      '--batch-max-age=10ms',
      '--checkpoint-interval=100ms',
      ...more,
    ],
    ready: `${local(http)}healthz`,
  });
  return local(http);
}

/** Starts a witness of one log, and writes the policy by which that log asks for its cosignature. */
async function startWitness(
  processes: Processes,
  programs: Programs,
  folder: string,
  log: LogKey,
): Promise<{ readonly policy: string; readonly spki: string }> {
  const { http, metrics } = await freePorts(['http', 'metrics']);
  const key = newKey('Ed25519');
  const policy = join(folder, 'witness-policy.txt');
  writeFileSync(policy, `witness w ${noteKey(WITNESS, key)} ${local(http).slice(0, -1)}\nquorum w\n`);
  writeFileSync(join(folder, 'witness.key'), privateNoteKey(WITNESS, key));
  const known = { Origin: log.origin, PublicKey: noteKey(log.origin, log.key), URL: local(http), Feeder: 'none' };
  writeFileSync(join(folder, 'witness.yaml'), JSON.stringify({ Logs: [known] }));
  await processes.start({
    name: 'omniwitness',
    path: programs['omniwitness'] ?? '',
    args: [
      `--listen=127.0.0.1:${http}`,
      `--metrics_listen=127.0.0.1:${metrics}`,
      // Without a file, which needs C: it remembers for as long as it runs.
      `--private_key_path=${join(folder, 'witness.key')}`,
      `--additional_logs=${join(folder, 'witness.yaml')}`,
    ],
    ready: `http://127.0.0.1:${metrics}/metrics`,
  });
  return { policy, spki: key.spki.toString('base64') };
}
