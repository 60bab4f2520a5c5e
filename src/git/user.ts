import { git } from './git.ts';

/**
 * Who works here, as git would write into a commit: "NAME <EMAIL>", or the one of the two that is set; null for none.
 */
export async function gitUser(folder: string): Promise<string | null> {
  const [name, email] = await Promise.all(
    ['user.name', 'user.email'].map(async (key) =>
      (await git(folder, ['config', '--get', key]))?.toString('utf8').trim(),
    ),
  );
  const parts = [name, email === undefined || email === '' ? '' : `<${email}>`].filter((part) => part);
  return parts.length === 0 ? null : parts.join(' ');
}
