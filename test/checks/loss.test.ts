import compare from 'semver/functions/compare.js';
import { describe, expect, it } from 'vitest';
import { checkLoss } from '../../src/checks/loss.ts';
import { packument, type Row } from '../support/packument.ts';

const START = Date.parse('2025-01-01T00:00:00Z');

/** A row by the day it was published on. */
function row(version: string, day: number, by: string, provenance: Row[3], more: Row[4] = {}): Row {
  return [version, new Date(START + day * 86_400_000).toISOString(), by, provenance, more];
}

/** The code for the version of the last row, on its day; with `later`, for the last but those. */
function lossOf(rows: readonly Row[], later: readonly Row[] = []): string {
  const version = rows.at(-1)?.[0] ?? '';
  return checkLoss(packument('p', [...rows, ...later]), version).code;
}

const LOST = 'provenance-lost';
const ELSEWHERE = 'provenance-lost-elsewhere';

/** Ann, with whose token the pipeline publishes. */
const BY_ANN: readonly Row[] = [
  row('0.9.0', -900, 'ann', 'bare'),
  row('1.0.0', -400, 'ann', 'bare'),
  row('1.1.0', 0, 'ann', 'proven'),
  row('1.2.0', 60, 'ann', 'proven'),
];
/** The same, since published without a token. */
const BY_OIDC: readonly Row[] = [...BY_ANN, row('1.3.0', 90, 'oidc', 'proven')];

describe('a token of the account that published with provenance', () => {
  it.each(['1.2.1', '1.3.0', '2.0.0', '99999.0.0', '0.30.4', '0.9.1'])(
    '%s with a change of code alone is lost',
    (version) => {
      expect(lossOf([...BY_ANN, row(version, 100, 'ann', 'bare')])).toBe(LOST);
      expect(lossOf([...BY_OIDC, row(version === '1.3.0' ? '1.4.0' : version, 100, 'ann', 'bare')])).toBe(LOST);
    },
  );

  it('months after the last release with provenance, it is elsewhere', () => {
    expect(lossOf([...BY_ANN, row('1.2.1', 240, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, row('1.2.1', 241, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...BY_ANN, row('0.30.4', 241, 'ann', 'bare')])).toBe(ELSEWHERE);
  });

  it('what was released by hand before provenance began says nothing of what comes after', () => {
    const young = [row('1.0.0', -40, 'ann', 'bare'), row('1.1.0', 0, 'ann', 'proven')];
    expect(lossOf([...young, row('1.1.1', 1, 'ann', 'bare')])).toBe(LOST);
  });

  it('a second one is not excused by the first, within a week or while nothing went on', () => {
    const first = row('1.2.1', 100, 'ann', 'bare');
    expect(lossOf([...BY_ANN, first, row('1.2.2', 100.1, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, first, row('1.2.2', 108, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, first, row('1.2.2', 101, 'ann', 'proven'), row('1.2.3', 106, 'ann', 'bare')])).toBe(LOST);
  });

  it('releases by hand that were left in place are how it is maintained, but not where something is added', () => {
    const mixed = [...BY_ANN, row('1.2.1', 100, 'ann', 'bare'), row('1.2.2', 101, 'ann', 'proven')];
    expect(lossOf([...mixed, row('1.2.3', 110, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...mixed, row('1.2.3', 110, 'ann', 'bare', { dependencies: { evil: '1' } })])).toBe(LOST);
    expect(lossOf([...mixed, row('1.2.3', 110, 'bob', 'bare')])).toBe(LOST);
    // What was added by one before it is added all the same.
    const bad = [...mixed, row('1.2.3', 110, 'ann', 'bare', { scripts: { install: 'x' } })];
    expect(lossOf([...bad, row('1.2.4', 110.1, 'ann', 'bare', { scripts: { install: 'x' } })])).toBe(LOST);
  });

  it('but one that nothing with provenance followed is no custom, however long it stood; three are', () => {
    const byHand = [100, 101, 102].map((day, i) => row(`1.2.${i + 1}`, day, 'ann', 'bare'));
    expect(lossOf([...BY_ANN, ...byHand.slice(0, 1), row('1.2.9', 150, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, ...byHand.slice(0, 2), row('1.2.9', 150, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, ...byHand, row('1.2.9', 131, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, ...byHand, row('1.2.9', 133, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...BY_ANN, ...byHand, row('1.2.9', 133, 'thief', 'bare')])).toBe(LOST);
    expect(
      lossOf([...BY_OIDC.slice(0, -1), row('1.2.0', 61, 'oidc', 'proven'), row('1.2.9', 133, 'ann', 'bare')]),
    ).toBe(LOST);
  });

  it('so is an old line, unless the pipeline needs no token any more', () => {
    const old = row('0.9.1', 20, 'ann', 'bare');
    expect(lossOf([...BY_ANN, old, row('0.9.2', 100, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...BY_OIDC, old, row('0.9.2', 100, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...BY_ANN, old, row('0.9.2', 100, 'ann', 'bare', { scripts: { install: 'x' } })])).toBe(LOST);
  });

  it('a prerelease that had provenance is no measure for a stable version of another line', () => {
    const canary = [row('1.0.0', 0, 'bot', 'bare'), row('2.0.0-rc.1', 60, 'bot', 'proven')];
    expect(lossOf([...canary, row('1.0.1', 61, 'bot', 'bare')])).toBe(ELSEWHERE);
  });
});

describe('a line, or a channel, that never had provenance', () => {
  const ANY = ['0.9.9', '2.0.0', '99999.0.0', '0.30.4', '1.1.0-beta.1', '2.0.0-rc.1'];
  const byHand = [row('0.9.7', -300, 'ann', 'bare'), row('0.9.8', -40, 'ann', 'bare')];

  it.each(ANY)(
    '%s, by a token of a maintainer who never had provenance, while a pipeline without a token has it',
    (one) => {
      const rows = [...byHand, row('1.0.0', 0, 'oidc', 'proven')];
      for (const day of [0.1, 10, 60, 180])
        expect(lossOf([...rows, row(one, day, 'ann', 'bare')]), `${day}`).toBe(LOST);
      if (compare(one, '1.1.0') <= 0) expect(lossOf([...rows, row(one, 181, 'ann', 'bare')])).toBe(ELSEWHERE);
    },
  );

  it.each(ANY)('%s, by the token of the pipeline, whatever it published by hand before provenance began', (one) => {
    const rows = [...byHand, row('1.0.0', 0, 'ann', 'proven')];
    for (const day of [0.1, 10, 60]) expect(lossOf([...rows, row(one, day, 'ann', 'bare')]), `${day}`).toBe(LOST);
  });

  it('by a maintainer beside a bot that publishes with a token, unless it adds what is installed or run', () => {
    const rows = [...byHand, row('1.0.0', 0, 'bot', 'proven')];
    expect(lossOf([...rows, row('0.9.9', 10, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...rows, row('0.9.9', 10, 'ann', 'bare', { dependencies: { evil: '1' } })])).toBe(LOST);
    expect(lossOf([...rows, row('0.9.9', 10, 'thief', 'bare')])).toBe(LOST);
    expect(lossOf([...rows, row('1.0.1', 10, 'ann', 'bare')])).toBe(LOST);
  });

  it('that is backported to by hand, as nuxt 2.17.4; not where it was the newest line then', () => {
    const nuxt = [
      row('2.17.2', -150, 'ann', 'bare'),
      row('3.0.0', -500, 'ann', 'bare'),
      row('2.17.3', -60, 'ann', 'bare'),
      row('3.11.1', 0, 'ann', 'proven'),
    ];
    expect(lossOf([...nuxt, row('2.17.4', 88, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...nuxt, row('2.17.4', 88, 'ann', 'bare', { dependencies: { evil: '1' } })])).toBe(LOST);
    const newest = nuxt.filter(([version]) => version !== '3.0.0');
    expect(lossOf([...newest, row('2.17.4', 88, 'ann', 'bare')])).toBe(LOST);
  });

  it('whose own provenance is long ago, while another line has some', () => {
    const rows = [...BY_ANN, row('2.0.0', 400, 'ann', 'proven')];
    expect(lossOf([...rows, row('1.2.1', 410, 'ann', 'bare')])).toBe(LOST);
    const usual = [...rows, row('1.2.1', 410, 'ann', 'bare'), row('2.0.1', 412, 'ann', 'proven')];
    expect(lossOf([...usual, row('1.2.2', 420, 'ann', 'bare')])).toBe(ELSEWHERE);
  });

  it('whose last release was by hand, however long ago: as tailwind-merge 2.6.1; not where the pipeline needs no token', () => {
    const tailwind = (by: string): readonly Row[] => [
      ...BY_ANN,
      row('1.3.0', 70, 'ann', 'bare'),
      row('2.0.0', 80, by, 'proven'),
      row('2.1.0', 400, by, 'proven'),
    ];
    expect(lossOf([...tailwind('ann'), row('1.3.1', 420, 'ann', 'bare')])).toBe(ELSEWHERE);
    expect(lossOf([...tailwind('ann'), row('1.3.1', 420, 'bob', 'bare')])).toBe(LOST);
    expect(lossOf([...tailwind('ann'), row('1.3.1', 420, 'ann', 'bare', { dependencies: { evil: '1' } })])).toBe(LOST);
    expect(lossOf([...tailwind('ann'), row('3.0.0', 420, 'ann', 'bare')])).toBe(LOST);
  });

  it('prereleases by hand beside stable releases by a pipeline, once that went on: as nuxt 4.0.0-alpha.2', () => {
    const rows = [...BY_ANN, row('2.0.0-alpha.1', 70, 'ann', 'bare')];
    expect(lossOf(rows)).toBe(LOST);
    expect(lossOf([...rows, row('1.2.1', 71, 'ann', 'proven'), row('2.0.0-alpha.2', 80, 'ann', 'bare')])).toBe(
      ELSEWHERE,
    );
    expect(lossOf([...rows, row('1.2.1', 71, 'ann', 'proven'), row('2.0.0-alpha.2', 80, 'bob', 'bare')])).toBe(LOST);
  });
});

describe('another account', () => {
  it('that never published, on any line', () => {
    for (const version of ['1.2.1', '2.0.0', '0.30.4', '0.9.1']) {
      expect(lossOf([...BY_ANN, row(version, 100, 'thief', 'bare')]), version).toBe(LOST);
    }
  });

  it('that published by hand long before provenance began, on a line that never had any: as semver 6.3.1 and 5.7.2', () => {
    const semver = [
      row('6.3.0', -1500, 'isaacs', 'bare'),
      row('7.3.7', -450, 'lukekarrys', 'bare'),
      row('7.5.1', 0, 'npm-cli-ops', 'proven'),
      row('7.5.4', 56, 'npm-cli-ops', 'proven'),
      row('6.3.1', 59, 'lukekarrys', 'bare'),
    ];
    expect(lossOf(semver)).toBe(ELSEWHERE);
  });

  it('that the registry does not name, on another line, unless it names nobody at all', () => {
    const unnamed = { _npmUser: null };
    expect(lossOf([...BY_ANN, row('0.30.4', 100, 'ann', 'bare', unnamed)])).toBe(LOST);
    const all = BY_ANN.map(([version, time, by, provenance]): Row => [version, time, by, provenance, unnamed]);
    expect(lossOf([...all, row('0.30.4', 100, 'ann', 'bare', unnamed)])).toBe(ELSEWHERE);
    expect(lossOf([...all, row('1.2.1', 100, 'ann', 'bare', unnamed)])).toBe(LOST);
  });
});

describe('what the project left in place', () => {
  const chokidar = [
    row('3.6.0', -220, 'paulmillr', 'bare'),
    row('4.0.0', 0, 'paulmillr', 'proven'),
    row('4.0.1', 14, 'paulmillr', 'proven'),
    row('4.0.2', 99, 'paulmillr', 'bare'),
  ];

  it('a release by hand, while the project went on with provenance for more than a month: as chokidar 4.0.3', () => {
    expect(lossOf(chokidar)).toBe(LOST);
    expect(lossOf(chokidar, [row('5.0.0', 129, 'oidc', 'proven')])).toBe(LOST);
    expect(lossOf(chokidar, [row('5.0.0', 130, 'oidc', 'proven')])).toBe(ELSEWHERE);
    expect(lossOf(chokidar, [row('5.0.0', 130, 'oidc', 'bare')])).toBe(LOST);
  });

  it('but not one by a stranger, one that is deprecated, or behind one that is', () => {
    const later = row('5.0.0', 400, 'oidc', 'proven');
    const stolen = row('4.0.3', 100, 'thief', 'bare');
    expect(lossOf([...chokidar, stolen], [later])).toBe(LOST);
    const deprecated = row('4.0.3', 100, 'paulmillr', 'bare', { deprecated: 'taken back' });
    expect(lossOf([...chokidar, deprecated], [later])).toBe(LOST);
    expect(lossOf(chokidar, [row('5.0.0', 400, 'oidc', 'proven', { deprecated: 'bad' })])).toBe(LOST);
  });

  it('an old line, too: as detect-port 1.6.1 and eslint-import-resolver-typescript 3.10.1', () => {
    const rows = [row('1.6.0', 0, 'ann', 'proven'), row('2.0.0', 5, 'ann', 'proven'), row('1.6.1', 60, 'ann', 'bare')];
    expect(lossOf(rows)).toBe(LOST);
    expect(lossOf(rows, [row('2.1.0', 200, 'ann', 'proven')])).toBe(ELSEWHERE);
  });

  it('by the same account week after week: as undici 6.21.0', () => {
    const undici = [
      row('6.18.2', 0, 'm', 'proven'),
      row('6.19.0', 16, 'm', 'bare'),
      row('6.19.2', 20, 'm', 'proven'),
      ...Array.from({ length: 6 }, (_, i) => row(`6.19.${i + 3}`, 54 + 7 * i, 'm', 'bare')),
    ];
    expect(lossOf(undici.slice(0, 2))).toBe(LOST);
    for (let length = 4; length <= undici.length; length += 1) expect(lossOf(undici.slice(0, length))).toBe(ELSEWHERE);
  });
});

describe('prerelease channels', () => {
  it('one that had provenance lost it, whatever stable versions do, and under a new name', () => {
    const rows = [row('1.0.0', 0, 'ann', 'bare'), row('2.0.0-canary.1', 10, 'ann', 'proven')];
    expect(lossOf([...rows, row('2.0.0-canary.2', 11, 'ann', 'bare')])).toBe(LOST);
    expect(lossOf([...rows, row('3.0.0-canary.0', 11, 'ann', 'bare')])).toBe(LOST);
    // Another name is no other house: the line had provenance the day before.
    expect(lossOf([...rows, row('2.0.0-rc.1', 11, 'ann', 'bare')])).toBe(LOST);
  });

  describe('that alone had provenance', () => {
    const adds = { dependencies: { evil: '1' } };
    const runs = { scripts: { postinstall: 'node x' } };
    const stable = [row('4.0.0', -900, 'ann', 'bare'), row('4.1.0', -700, 'ann', 'bare')];
    const betas = [0, 100, 180].map((day, i) => row(`5.0.0-beta.${i + 1}`, day, 'oidc', 'proven'));
    const beside: readonly (readonly Row[])[] = [[], stable];
    const others = ['5.0.0', '5.0.0-rc.1', '5.0.0-betafix.1', '0.9.9', '6.0.0', '4.1.1', '0.0.0-security.1'];

    it.each(others)('show what is expected of %s by a stranger, whatever it adds', (version) => {
      for (const before of beside) {
        for (const more of [{}, adds, runs]) {
          expect(lossOf([...before, ...betas, row(version, 200, 'thief', 'bare', more)])).toBe(LOST);
        }
        // However long ago they had it, a stranger is expected nowhere.
        expect(lossOf([...before, ...betas, row(version, 500, 'thief', 'bare')])).toBe(LOST);
      }
    });

    it('show what is expected of the line they lead to, by a maintainer, too', () => {
      for (const version of ['5.0.0', '5.0.0-rc.1', '5.1.0']) {
        expect(lossOf([...stable, ...betas, row(version, 200, 'ann', 'bare')]), version).toBe(LOST);
      }
    });

    it('say nothing of other lines that a maintainer goes on to release by hand, unless something is added', () => {
      for (const version of ['4.1.1', '4.2.0', '6.0.0-alpha.1', '0.9.9']) {
        const rows = [row('0.9.8', -1000, 'ann', 'bare'), ...stable, ...betas];
        expect(lossOf([...rows, row(version, 200, 'ann', 'bare')]), version).toBe(ELSEWHERE);
        for (const more of [adds, runs]) expect(lossOf([...rows, row(version, 200, 'ann', 'bare', more)])).toBe(LOST);
      }
    });

    it('give way to a stable release that had it within months, and stand in for one that had it before', () => {
      const rows = [...stable, ...betas];
      const recent = [...rows, row('4.9.0', 190, 'oidc', 'proven')];
      expect(lossOf([...recent, row('3.0.1', 200, 'ann', 'bare')])).toBe(LOST);
      const long = [row('3.0.0', -600, 'oidc', 'proven'), ...rows];
      expect(lossOf([...long, row('5.0.0-rc.1', 200, 'ann', 'bare')])).toBe(LOST);
    });
  });

  describe('by a token beside stable releases by a pipeline that needs none', () => {
    const stable = [0, 60, 110, 200].map((day, i) => row(`1.${i}.0`, day, 'oidc', 'proven'));
    const canaries = [30, 80, 130, 190].map((day, i) => row(`1.4.0-canary.${i + 1}`, day, 'bot', 'bare'));
    const rows = [...stable, ...canaries];

    it('are how the channel is maintained, where the same account adds nothing', () => {
      expect(lossOf([...rows, row('1.4.0-canary.5', 230, 'bot', 'bare')])).toBe(ELSEWHERE);
      expect(lossOf([...rows, row('2.0.0-canary.0', 230, 'bot', 'bare')])).toBe(ELSEWHERE);
      const dated = ['20250101', '20250301', '20250501'].map((date, i) =>
        row(`0.0.0-canary-${date}`, 30 + 60 * i, 'bot', 'bare'),
      );
      expect(lossOf([...stable, ...dated, row('0.0.0-canary-20250801', 230, 'bot', 'bare')])).toBe(ELSEWHERE);
    });

    it('are since provenance began, too, where they were before', () => {
      const before = [-300, -250, -200].map((day, i) => row(`1.0.0-canary.${i + 1}`, day, 'bot', 'bare'));
      const next = row('1.4.0-canary.2', 230, 'bot', 'bare');
      expect(lossOf([...stable, ...before, next])).toBe(LOST);
      expect(lossOf([...stable, ...before, row('1.4.0-canary.1', 150, 'bot', 'bare'), next])).toBe(ELSEWHERE);
      expect(lossOf([...stable, ...before, row('1.4.0-canary.1', 201, 'bot', 'bare'), next])).toBe(LOST);
    });

    it('are not by a thief, with something added, of another channel, or after too few that stood', () => {
      const more = { scripts: { postinstall: 'node x' } };
      for (const next of [
        row('1.4.0-canary.5', 230, 'thief', 'bare'),
        row('1.4.0-canary.5', 230, 'bot', 'bare', more),
        row('1.4.0-canary.5', 230, 'bot', 'bare', { dependencies: { evil: '1' } }),
        row('1.4.0', 230, 'bot', 'bare'),
        row('1.3.1', 230, 'bot', 'bare'),
        row('2.0.0', 230, 'bot', 'bare'),
        row('1.4.0-next.0', 230, 'bot', 'bare'),
      ]) {
        expect(lossOf([...rows, next]), next[0]).toBe(LOST);
      }
      // What was added by one that nobody took back yet is added all the same.
      const bad = row('1.4.0-canary.5', 229, 'bot', 'bare', more);
      expect(lossOf([...rows, bad, row('1.4.0-canary.6', 230, 'bot', 'bare', more)])).toBe(LOST);
      expect(lossOf([...stable, ...canaries.slice(2), row('1.4.0-canary.5', 230, 'bot', 'bare')])).toBe(LOST);
      const takenBack = canaries.map(([version, time, by, provenance]): Row => [
        version,
        time,
        by,
        provenance,
        { deprecated: 'taken back' },
      ]);
      expect(lossOf([...stable, ...takenBack, row('1.4.0-canary.5', 230, 'bot', 'bare')])).toBe(LOST);
      const quick = [200.1, 200.2, 200.3].map((day, i) => row(`1.4.0-canary.${i}`, day, 'bot', 'bare'));
      expect(lossOf([...stable, ...quick, row('1.4.0-canary.9', 200.4, 'bot', 'bare')])).toBe(LOST);
    });

    it('so is an old line, patch by patch; not once it had provenance', () => {
      const old = (provenance: Row[3]): readonly Row[] => [
        row('1.1.0', -300, 'bot', provenance),
        row('2.0.0', 0, 'oidc', 'proven'),
        ...[50, 100, 200].map((day, i) => row(`1.1.${i + 2}`, day, 'bot', 'bare')),
        row('2.1.0', 350, 'oidc', 'proven'),
        row('1.1.5', 420, 'bot', 'bare'),
      ];
      expect(lossOf(old('bare'))).toBe(ELSEWHERE);
      expect(lossOf([...old('bare').slice(0, -1), row('1.1.5', 420, 'thief', 'bare')])).toBe(LOST);
      expect(lossOf([...old('bare').slice(0, -1), row('2.1.1', 420, 'bot', 'bare')])).toBe(LOST);
      expect(lossOf([...stable, row('0.9.0', -1, 'bot', 'bare'), row('0.9.1', 230, 'bot', 'bare')])).toBe(LOST);
    });
  });
});
