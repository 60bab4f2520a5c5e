import type { PackageManager } from '../../model/dependency.ts';
import type { PypiIndex } from '../../registries/pypi/index.ts';

/** An environment that somebody names. */
export interface NamedEnvironment {
  /** Absolute. */
  readonly path: string;
  /** As it is shown. */
  readonly shown: string;
  /** The variable that names it. */
  readonly by: string;
}

/** Who is asked about Python packages, and where they are installed. */
export interface PypiSource {
  readonly index: PypiIndex;
  /** The environment that a package manager is told to use; null where it looks for one itself. */
  readonly environmentFor: (manager: PackageManager) => NamedEnvironment | null;
}
