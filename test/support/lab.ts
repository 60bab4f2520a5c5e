import { startLab, type Lab } from '../../lab/index.ts';

/** Runs `work` with a lab of its own. */
export async function withLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab();
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}
