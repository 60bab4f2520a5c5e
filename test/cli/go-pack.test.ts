import { describe, expect, it } from 'vitest';
import { zipOf } from '../../lab/go/zip.ts';
import { withGoProject } from './go-project.ts';

describe('a pack of a Go project', () => {
  it('answers for the zips, the database and what is retracted, without a request', () =>
    withGoProject(async ({ run, audit, lab }) => {
      const mod = 'module a.example/one\n\nretract v1.0.0 // too soon\n';
      lab.publish('a.example/one', 'v1.1.0', { files: { 'go.mod': mod } });
      expect(await run('pack', '--output', 'e.tar', '--artifacts')).toMatchObject({ status: 0, stderr: '' });
      const before = lab.requests.length;
      const found = ['a.example/one version-yanked note'];
      expect(await audit('--evidence', 'e.tar', '--bytes')).toEqual({ status: 0, found });
      expect((await run('audit', '--evidence', 'e.tar', '--bytes')).stdout).toContain('proven: hash 3, bytes 3');
      expect(lab.requests).toHaveLength(before);
    }));

  it('has no zips without --artifacts, and what a proxy served of others is no better in it', () =>
    withGoProject(async ({ run, audit, lab }) => {
      expect(await run('pack', '--output', 'lean.tar')).toMatchObject({ status: 0 });
      expect(await audit('--evidence', 'lean.tar')).toEqual({ status: 0, found: [] });
      const found = ['a.example/Two', 'a.example/one', 'b.example/three/v2'];
      expect(await audit('--evidence', 'lean.tar', '--bytes')).toEqual({
        status: 3,
        found: found.map((name) => `${name} evidence-unavailable error`),
      });
      const evil = new Map([
        ['a.example/one@v1.0.0/go.mod', 'module a.example/one\n'],
        ['a.example/one@v1.0.0/a.go', 'package evil\n'],
      ]);
      lab.answerWith('a.example/one/@v/v1.0.0.zip', zipOf(evil));
      await run('pack', '--output', 'evil.tar', '--artifacts');
      expect(await audit('--evidence', 'evil.tar', '--bytes')).toEqual({
        status: 1,
        found: ['a.example/one integrity-mismatch error'],
      });
    }));
});
