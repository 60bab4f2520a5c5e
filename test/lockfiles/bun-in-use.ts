import { join } from 'node:path';
import { fromRegistry } from './real.ts';

/** The binary of Bun from the configured registry; null where it cannot be had. */
export function bunInUse(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x64-baseline';
  // The package "bun" fetches this one in an install script.
  const folder = fromRegistry(`@oven/bun-${platform}-${arch}@1.4.5`);
  return folder === null ? null : join(folder, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun');
}
