import type { LockfileFormat } from '../common/format.ts';
import { pylock } from './pylock.ts';
import { requirements } from './requirements.ts';
import { uv } from './uv.ts';

/** The lockfiles of Python's package managers. */
export const PYPI_FORMATS: readonly LockfileFormat[] = [uv, requirements, pylock];
