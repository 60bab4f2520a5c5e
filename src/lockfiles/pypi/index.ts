import type { LockfileFormat } from '../common/format.ts';
import { pdm } from './pdm.ts';
import { pipfile } from './pipfile.ts';
import { poetry } from './poetry.ts';
import { pylock } from './pylock.ts';
import { requirements } from './requirements.ts';
import { uv } from './uv.ts';

/** The lockfiles of Python's package managers. */
export const PYPI_FORMATS: readonly LockfileFormat[] = [uv, requirements, pylock, poetry, pipfile, pdm];
