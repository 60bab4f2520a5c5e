import { startCratesLab, type CratesLab } from '../../lab/crates/index.ts';

/** Runs `work` with an index of crates, and closes it. */
export async function withCratesLab<T>(
  work: (lab: CratesLab) => Promise<T>,
  token: string | null = null,
  isPrivate = false,
): Promise<T> {
  const lab = await startCratesLab(token, isPrivate);
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}
