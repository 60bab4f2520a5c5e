import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { assayInside } from './inside.ts';
import { lockOf, withPythonProject, type PythonProject } from './pypi-project.ts';

const filesAsked = ({ lab }: PythonProject): readonly string[] =>
  [...new Set(lab.requests.map(({ url }) => url).filter((url) => url.startsWith('/files/')))].sort();

/** Another host, which serves these bytes for every path, and keeps what it was asked. */
async function withFileHost<T>(
  serve: (path: string) => Buffer | null,
  work: (url: string, asked: { path: string; authorization: string | undefined }[]) => Promise<T>,
): Promise<T> {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    const body = serve(request.url ?? '');
    response.writeHead(body === null ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe.each(['uv.lock', 'requirements.txt', 'pylock.toml'] as const)('--bytes, with %s', (file) => {
  it('hashes every locked file, from where the index has it', () =>
    withPythonProject(file, async (project) => {
      const { run, lab } = project;
      await run('audit');
      expect(filesAsked(project)).toEqual([]);
      const { status, stdout } = await run('audit', '--bytes', '--json');
      expect(status).toBe(0);
      const report = JSON.parse(stdout) as {
        bytes: unknown;
        dependencies: readonly { proofs: { bytes: { integrity: string; size: number } | null } }[];
      };
      const locked = ['one', 'two-words'].map((name) => lab.release(name, '1.1.0'));
      expect(filesAsked(project)).toEqual(
        locked
          .flat()
          .map(({ json }) => new URL(json.url).pathname)
          .sort(),
      );
      expect(report.bytes).toMatchObject({ tarballs: 2, cached: 0, corrupt: [] });
      for (const [i, files] of locked.entries()) {
        const { bytes } = report.dependencies[i]?.proofs ?? {};
        expect(bytes).toMatchObject({ from: 'registry', basis: 'lockfile' });
        expect(bytes?.size).toBe(files.reduce((sum, one) => sum + one.bytes.length, 0));
        expect(bytes?.integrity.split(' ')).toHaveLength(files.length);
      }
      expect((await run('audit', '--bytes')).stdout).toContain('bytes hashed: 2 files');
    }));

  it('fails in every phase where other bytes are served, and gives no proof', () =>
    withPythonProject(file, async ({ run, audit, lab }) => {
      const [, sdist] = lab.release('one', '1.1.0');
      const altered = Buffer.from(sdist?.bytes ?? []);
      altered[0] = (altered[0] ?? 0) ^ 1;
      lab.behave(/\/one-1\.1\.0\.tar\.gz$/, { body: altered });
      for (const phase of ['observe', 'guard', 'critical', 'all']) {
        expect(await audit('--bytes', '--enforce', phase)).toEqual({
          status: 1,
          found: ['one integrity-mismatch error'],
        });
      }
      const { stdout } = await run('audit', '--bytes', '--json');
      expect(stdout).toContain('"source": "bytes"');
      expect(stdout).toContain('"file": "one-1.1.0.tar.gz"');
      // Without the option nobody looks.
      expect(await audit()).toEqual({ status: 0, found: [] });
    }));

  it.each([
    ['404', { status: 404 }],
    ['500', { status: 500 }],
  ] as const)('ends with 3 where a file is not had: %s', (_, behaviour) =>
    withPythonProject(file, async ({ audit, lab }) => {
      lab.behave(/\/files\/.*\/one-1\.1\.0\.tar\.gz$/, behaviour);
      expect(await audit('--bytes')).toEqual({ status: 3, found: ['one evidence-unavailable error'] });
    }),
  );

  it('hashes what a baseline holds as well, and says where the index has it no more', () =>
    withPythonProject(file, async (project) => {
      const { run, audit, lab } = project;
      expect((await run('init')).status).toBe(0);
      expect(await audit('--bytes')).toEqual({ status: 0, found: [] });
      expect(filesAsked(project)).toHaveLength(4);
      lab.behave(/\/two_words-1\.1\.0.*whl$/, { body: Buffer.from('other') });
      expect(await audit('--bytes')).toEqual({ status: 1, found: ['two-words integrity-mismatch error'] });
      lab.remove('one', '1.1.0');
      const { status, found } = await audit('--bytes');
      expect(status).toBe(1);
      expect(found).toContain('one evidence-unavailable error');
    }));
});

describe('the host that the index has files on', () => {
  it('is asked without the credentials of the index, wherever the lockfile leads', () =>
    withPythonProject('requirements.txt', async ({ folder, lab, edit }) => {
      const [wheel] = lab.release('one', '1.1.0');
      await withFileHost(
        () => wheel?.bytes ?? null,
        async (url, asked) => {
          lab.tamperProject('one', (document) => ({
            ...document,
            files: document.files.map((one) =>
              one.filename === wheel?.json.filename ? { ...one, url: `${url}${one.filename}` } : one,
            ),
          }));
          edit('requirements.txt', () => lockOf(lab, 'requirements.txt', 'one@1.1.0'));
          const index = new URL(lab.index);
          const env = { PIP_INDEX_URL: `${index.protocol}//user:secret@${index.host}${index.pathname}` };
          const run = await assayInside(['audit', '--bytes', '--trusted-root', 'root.json'], folder, env);
          expect(run).toMatchObject({ status: 0, stderr: '' });
          expect(asked).toEqual([{ path: `/${wheel?.json.filename ?? ''}`, authorization: undefined }]);
          const own = lab.requests.filter(({ url: path }) => path.startsWith('/files/'));
          expect(own).toHaveLength(1);
        },
      );
    }));

  it('may not redirect to another one', () =>
    withPythonProject('requirements.txt', async ({ lab, audit }) => {
      await withFileHost(
        () => Buffer.from('x'),
        async (url, asked) => {
          lab.behave(/\/one-1\.1\.0\.tar\.gz$/, { redirect: `${url}x` });
          expect(await audit('--bytes')).toEqual({ status: 3, found: ['one evidence-unavailable error'] });
          expect(asked).toEqual([]);
        },
      );
    }));
});
