import { parseInstant } from '../../model/time.ts';
import { roleKey, type RoleKey } from './keys.ts';
import type { Role } from './metadata.ts';
import type { Anchor } from './client.ts';

/** The repository of the public-good instance, and the target with its trusted root. */
export const TUF_URL = 'https://tuf-repo-cdn.sigstore.dev/';
export const ROOT_TARGET = 'trusted_root.json';

/** When the pinned root and keys were the repository's newest. */
export const PINNED_AT = parseInstant('2026-08-21T19:25:56Z') ?? 0;

/** P-256 keys by the ids that the repository gives them (https://github.com/sigstore/root-signing, 15.root.json). */
const ROOT_KEYS = {
  e71a54d543835ba86adad9460379c7641fb8726d164ea766801a1c522aba7ea2:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEXsz3SZXFb8jMV42j6pJlyjbjR8KN3Bwocexq6LMIb5qsWKOQvLN16NUefLc4HswOoumRsVVaajSpQS6fobkRw==',
  '22f4caec6d8e6f9555af66b3d4c3cb06a3bb23fdc7e39c916c61f462e6f52b06':
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzBzVOmHCPojMVLSI364WiiV8NPrD6IgRxVliskz/v+y3JER5mcVGcONliDcWMC5J2lfHmjPNPhb4H7xm8LzfSA==',
  '61643838125b440b40db6942f5cb5a31c0dc04368316eb2aaa58b95904a58222':
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEinikSsAQmYkNeH5eYq/CnIzLaacOxlSaawQDOwqKy/tCqxq5xxPSJc21K4WIhs9GyOkKfzueY3GILzcMJZ4cWw==',
  a687e5bf4fab82b0ee58d46e05c9535145a2c9afb458f43d42b45ca0fdce2a70:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0ghrh92Lw1Yr3idGV5WqCtMDB8Cx+D8hdC4w2ZLNIplVRoVGLskYa3gheMyOjiJ8kPi15aQ2//7P+oj7UvJPGw==',
  '183e64f37670dc13ca0d28995a3053f3740954ddce44321a41e46534cf44e632':
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMxpPOJCIZ5otG4106fGJseEQi3V9pkMYQ4uyV9Tj1M7WHXIyLG+jkfvuG0glQ1JZbRZZBV3gAR4sojdGHISeow==',
};
const ONLINE_KEY = {
  '0c87432c3bf09fd99189fdc32fa5eaedf4e4a5fac7bab73fa04a2e0fc64af6f5':
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWRiGr5+j+3J5SsH+Ztr5nE2H2wO7BV+nO3s93gLca18qTOzHY1oWyAGDykMSsGTUBSt9D+An0KfKsD2mfSM42Q==',
};

/** Version 15 of the root as facts, and the versions of the other metadata at that time. */
export function publicGoodAnchor(): Anchor {
  const offline = roleOf(ROOT_KEYS, 3);
  const online = roleOf(ONLINE_KEY, 1);
  return {
    root: {
      version: 15,
      expires: parseInstant('2026-11-20T13:58:18Z') ?? 0,
      consistentSnapshot: true,
      roles: { root: offline, targets: offline, snapshot: online, timestamp: online },
    },
    floors: new Map([
      ['timestamp.json', 762],
      ['snapshot.json', 165],
      ['targets.json', 14],
      ['registry.npmjs.org.json', 8],
    ]),
  };
}

function roleOf(keys: Readonly<Record<string, string>>, threshold: number): Role {
  const parsed = Object.entries(keys).map(([id, spki]): [string, RoleKey] => [
    id,
    roleKey(Buffer.from(spki, 'base64'), 'ecdsa-sha2-nistp256', id),
  ]);
  return { keys: new Map(parsed), threshold };
}
