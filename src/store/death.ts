/** Signals whose usual meaning is the end of a program. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const undone = new Set<() => void>();

/**
 * Has `undo` done where the process ends before its work did: by a signal, or from within. Returns what takes that
 * back. A signal that somebody else listens to ends nothing here. Not for SIGKILL, which nobody learns of.
 */
export function onDeath(undo: () => void): () => void {
  // The same function may be handed in twice.
  const own = (): void => undo();
  if (undone.size === 0) {
    // First, to see who else listens: some listen once.
    for (const signal of SIGNALS) process.prependListener(signal, dieOf);
    process.on('exit', undoAll);
  }
  undone.add(own);
  return () => {
    if (!undone.delete(own) || undone.size > 0) return;
    for (const signal of SIGNALS) process.off(signal, dieOf);
    process.off('exit', undoAll);
  };
}

function undoAll(): void {
  for (const undo of undone) {
    try {
      undo();
    } catch {
      // The others are undone all the same.
    }
  }
}

/** Whoever waits for this process is to see the signal that ended it. */
function dieOf(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  undoAll();
  process.off(signal, dieOf);
  process.kill(process.pid, signal);
}
