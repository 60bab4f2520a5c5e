import type { GoMod } from './mod.ts';
import type { GoWork } from './work.ts';

/** A module that has a release of Go for one system. No go.sum has it; the checksum database does. */
export interface ToolchainModule {
  readonly path: 'golang.org/toolchain';
  readonly version: string;
}

/** The module that a toolchain is fetched as (https://go.dev/doc/toolchain), e.g. go1.24.3 for "linux" and "amd64". */
export function toolchainModule(name: string, system: string, architecture: string): ToolchainModule {
  return { path: 'golang.org/toolchain', version: `v0.0.1-${name}.${system}-${architecture}` };
}

/**
 * The toolchain that a project names, which a Go that is older fetches and runs: by its own line, or as the version
 * that it is written for. Null where it names none; before 1.21 nothing was fetched.
 */
export function toolchainOf({ toolchain, go }: Pick<GoMod | GoWork, 'toolchain' | 'go'>): string | null {
  if (toolchain !== null && toolchain !== 'default') return toolchain;
  const [, minor] = /^1\.(\d+)(?:\.|[a-z])/.exec(go ?? '') ?? [];
  return minor !== undefined && Number(minor) >= 21 ? `go${go ?? ''}` : null;
}
