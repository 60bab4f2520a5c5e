import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** A browser of this machine; none is downloaded. */
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

export const hasBrowser = PATH !== undefined;
/** For the names of tests that need a browser. */
export const WITHOUT_BROWSER = hasBrowser ? '' : ' (skipped: no Chromium in PATH)';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH ?? '', args: ['--no-sandbox'] });
}
