import { openGate, type Asked, type Gate, type Protocol } from '../../src/gate/index.ts';
import type { Sources } from '../../src/ecosystems/ecosystem.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import type { Phase } from '../../src/model/verdict.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { npmRegistry } from '../../src/registries/npm/index.ts';
import { PUBLIC_GOOD } from '../../src/sigstore/instance.ts';
import { testClient } from '../net/servers.ts';

export interface Opened {
  readonly protocol: Protocol;
  readonly sources: Omit<Sources, 'registry'>;
  readonly phase?: Phase;
  readonly policy?: string;
  readonly locked?: readonly Dependency[];
}

/** Runs `work` with a gate of one protocol, of whose packages no builder signs anything, and closes it. */
export async function withGateOf(opened: Opened, work: (gate: Gate) => Promise<void>): Promise<void> {
  const { protocol, sources, phase = 'guard', policy, locked = [] } = opened;
  const registry = npmRegistry(testClient(), { registry: 'http://127.0.0.1:1/', scopes: new Map() });
  const asked: Asked = {
    protocol,
    audit: {
      ...sources,
      registry,
      trust: { root: PUBLIC_GOOD.root(), rootName: 'public-good', rootDigest: '', keys: [] },
      enforce: phase,
      policy:
        policy === undefined
          ? null
          : { policy: parsePolicy('assay.yml', Buffer.from(policy)), digest: '', keys: new Map() },
    },
    locked,
    isDirect: () => false,
    allows: () => false,
    now: Date.now,
    close: () => registry.close(),
  };
  const gate = await openGate({ ask: () => Promise.resolve(asked), decidedBy: phase, port: 0 });
  try {
    await work(gate);
  } finally {
    await gate.close();
  }
}

/** What the gate answers below its own address. */
export async function get(gate: Gate, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(gate.url + path);
  return { status: answer.status, text: await answer.text() };
}
