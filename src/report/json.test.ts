import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderJson } from './json.ts';
import { sampleResults } from './testing/sample-results.ts';
import { anyText } from './testing/texts.ts';

type Loose = Record<string, unknown>;

describe('--json', () => {
  test('is one object with the promised keys', () => {
    const results = sampleResults();
    const json = JSON.parse(renderJson(results)) as Loose;
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        ...[
          'valid',
          'target',
          'workload',
          'nemesis',
          'profile',
          'contract',
          'seed',
          'cuts',
          'ops',
          'checkers',
        ],
        ...['findings', 'unsynced', 'notes', 'store'],
      ]),
    );
    expect(json['valid']).toBe(false);
    expect(json['target']).toEqual(results.target);
    expect(json['ops']).toEqual({ invoked: 4_812, ok: 4_662, fail: 138, info: 12 });
    const [finding] = json['findings'] as Loose[];
    expect(finding).toMatchObject({
      class: 'lost-write',
      cut: 2,
      timeMs: 13_310.4,
      image: 'findings/1/image',
    });
    expect(finding?.['profiles']).toEqual(['strict', 'ext4', 'btrfs']);
    expect(finding?.['evidence']).toMatchObject({
      op: { value: 4711 },
      rule: results.findings[0]?.evidence.rule,
    });
    const [entry] = json['unsynced'] as Loose[];
    expect(entry).toMatchObject({ path: 'pg_stat_tmp/global.stat', sizeBytes: 1_436, ageMs: 402 });
    expect(Object.keys(entry ?? {})).toEqual(expect.arrayContaining(['ranges', 'lastOp', 'expected']));
  });

  test('reads back as the results', () => {
    const results = sampleResults({ valid: 'unknown', unknown: 'no cut happened' });
    expect(JSON.parse(renderJson(results))).toEqual(results);
  });

  test('any text survives, and none can speak to a terminal', () => {
    fc.assert(
      fc.property(anyText(), (note) => {
        const text = renderJson(sampleResults({ notes: [note] }));
        expect((JSON.parse(text) as { notes: string[] }).notes).toEqual([note]);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      }),
    );
  });
});
