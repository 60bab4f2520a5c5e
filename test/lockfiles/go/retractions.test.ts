import { describe, expect, it } from 'vitest';
import { readRetractions, retractionsOf } from '../../../src/lockfiles/go/retractions.ts';

describe('retractions of a dependency', () => {
  it('are read beside whatever a later Go may write', () => {
    const text = `module a.b/c
unheard of
unheard (
\tof
)
retract v1.0.1 // why
retract (
\t[v1.1.0, v1.2.0]
\t[v1.3.0, latest]
\tv2
)
require a.b/d master
`;
    const found = readRetractions('go.mod', text);
    expect(found).toEqual([
      { low: 'v1.0.1', high: 'v1.0.1', reason: 'why' },
      { low: 'v1.1.0', high: 'v1.2.0', reason: null },
    ]);
    const versions = ['v1.0.0', 'v1.0.1', 'v1.1.0-rc.1', 'v1.1.0', 'v1.1.5', 'v1.2.0', 'v1.2.1'];
    const taken = versions.filter((version) => retractionsOf(version, found).length > 0);
    expect(taken).toEqual(['v1.0.1', 'v1.1.0', 'v1.1.5', 'v1.2.0']);
    expect(retractionsOf('v1.0.1', [])).toEqual([]);
  });

  it('have as reason what the go command takes for one', () => {
    const text = `// of nothing

// above
//
// and more
retract v1.0.0 // and behind
retract v1.0.1

// of the block
retract ( // not of the block
	v1.0.2
	// its own

	v1.0.3
	v1.0.4 // own, too

	v1.0.5
) // nor this
retract v1.0.6
retract v1.0.7 // ${'long '.repeat(200)}
`;
    const reasons = readRetractions('go.mod', text).map(({ reason }) => reason);
    expect(reasons.slice(0, -1)).toEqual([
      ...['above and more and behind', null, 'of the block', 'its own', 'own, too', null, null],
    ]);
    expect(reasons.at(-1)).toHaveLength(500);
  });

  it('are not without end', () => {
    const text = `retract (\n${'v1.0.0\n'.repeat(10_001)})\n`;
    expect(() => readRetractions('go.mod', text)).toThrow('retracts more than 10000 times');
  });

  it('are those of a file that can be read', () => {
    expect(() => readRetractions('go.mod', 'retract (\nv1.0.0')).toThrow('does not end');
    expect(() => readRetractions('go.mod', 'retract "v1.0.0')).toThrow('does not end on its line');
  });
});
