import type { Output } from '../io.ts';

/** A line on a terminal that is rewritten as work goes on and removed at its end. Silent anywhere else. */
export function progressOn(
  output: Output,
  label: string,
): { update: (done: number, total: number) => void; end: () => void } {
  if (!output.isTerminal) return { update: () => undefined, end: () => undefined };
  let shown = -1;
  return {
    update: (done, total) => {
      const percent = Math.floor((done / total) * 100);
      if (percent === shown) return;
      shown = percent;
      output.write(`\r\u001b[2K${label} ${done} of ${total}`);
    },
    end: () => {
      if (shown !== -1) output.write('\r\u001b[2K');
      shown = -1;
    },
  };
}
