import { startGoLab, type GoLab } from '../../lab/go/index.ts';

/** Runs `work` with a module proxy and its database, and closes them. */
export async function withGoLab<T>(work: (lab: GoLab) => Promise<T>): Promise<T> {
  const lab = await startGoLab();
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}
