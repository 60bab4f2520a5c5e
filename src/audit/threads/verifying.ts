import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Trust, Verifying } from '../../checks/known.ts';
import type { RegistryKey } from '../../model/evidence.ts';
import type { Verification } from '../../sigstore/verify.ts';
import type { FromThread, Settings, ToThread } from './messages.ts';

/** A thread that verifies bundles while this one gathers and reads. */
export interface VerifyingThread {
  /** One verification per bundle; null where the thread has ended. */
  readonly verify: (
    bundles: readonly unknown[],
    keys: readonly RegistryKey[],
    instance: string | null,
  ) => Promise<readonly Verification[] | null>;
  readonly close: () => void;
}

/** The file that is built from thread.ts, beside the one that this goes into. */
const SCRIPT = join(import.meta.dirname, 'thread.js');

export function openVerifyingThread(settings: Settings, script = SCRIPT): VerifyingThread {
  const waiting = new Map<number, (verifications: readonly Verification[] | null) => void>();
  let asked = 0;
  let ended = false;
  const end = (): void => {
    ended = true;
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
  };

  // Whatever it says would mix with the report. It keeps little, and returns it sooner with a small young generation.
  const worker = new Worker(script, {
    workerData: settings,
    stdout: true,
    stderr: true,
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  worker.on('error', end);
  worker.on('exit', end);
  worker.on('message', ({ number, verifications }: FromThread) => {
    waiting.get(number)?.(verifications);
    waiting.delete(number);
  });

  return {
    verify: (bundles, keys, instance) =>
      new Promise((resolve) => {
        if (ended) {
          resolve(null);
          return;
        }
        const number = asked++;
        waiting.set(number, resolve);
        worker.postMessage({ number, bundles, keys, instance } satisfies ToThread);
      }),
    close: () => void worker.terminate(),
  };
}

/** Verification that moves to a thread once there are so many requests that starting one saves time. */
export interface ThreadOnDemand {
  readonly countRequest: () => void;
  /** What to judge these bundles with: the thread's results where it runs, else this thread's verifier. */
  readonly verifying: Verifying;
  readonly close: () => void;
}

export function threadOnDemand(trust: Trust, settings: () => Settings, from: number): ThreadOnDemand {
  let requests = 0;
  let thread: VerifyingThread | null = null;
  return {
    countRequest: () => {
      requests += 1;
      if (requests === from) thread = openVerifyingThread(settings());
    },
    verifying: async (bundles, keys, instance) =>
      thread === null ? trust : verifiedBy(thread, bundles, keys, instance, trust),
    close: () => thread?.close(),
  };
}

/** The trust with `thread`'s verifications of these bundles. What the thread has not verified is verified here. */
async function verifiedBy(
  thread: VerifyingThread,
  bundles: readonly unknown[],
  keys: readonly RegistryKey[],
  instance: string | null,
  trust: Trust,
): Promise<Trust> {
  const verifications = bundles.length === 0 ? null : await thread.verify(bundles, keys, instance);
  if (verifications === null) return trust;
  const found = new Map(bundles.map((bundle, i) => [bundle, verifications[i]]));
  return {
    ...trust,
    verifierFor: (known, wanted) => {
      const verifier = trust.verifierFor(known, wanted);
      if (wanted !== instance) return verifier;
      return { verify: (bundle, input) => found.get(bundle) ?? verifier.verify(bundle, input) };
    },
  };
}
