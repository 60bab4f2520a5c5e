import { startPypiLab, type PypiLab } from '../../lab/pypi/index.ts';

/** Runs `work` with a package index and its Sigstore, and closes them. */
export async function withPypiLab<T>(work: (lab: PypiLab) => Promise<T>): Promise<T> {
  const lab = await startPypiLab();
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}
