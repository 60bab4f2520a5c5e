import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs once before the tests that need dist/. */
export default function build(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.mjs'), '--quiet'], {
    stdio: 'inherit',
  });
}
