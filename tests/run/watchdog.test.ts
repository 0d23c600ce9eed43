/** Drivers that fail while nothing is done to them. */
import { expect, it } from 'vitest';
import { classesOf, explain, nemesisOf, testDriver } from './support/runs.ts';

it('one that ends by itself is started again, and that is said', async () => {
  const outcome = await testDriver('mortal', ['--nemesis', 'kill', '--time', '3s', '--interval', '3s']);
  expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([0, true]);
  expect(outcome.results.notes.join('\n')).toMatch(
    /the target ended by itself .* and was started again, .*at [\d.]+ s: the driver mortal\.mjs ended with exit code 7/,
  );
  expect(nemesisOf(outcome)).toContain('info died');
  const boots = new Set(
    outcome.history.filter(({ type, f }) => type === 'ok' && f === 'add').map(({ boot }) => boot),
  );
  expect(boots.size, explain(outcome)).toBeGreaterThanOrEqual(2);
});

it('one that answers nothing any more is a finding, and the run goes on', async () => {
  const patience = ['--op-timeout', '500ms', '--stop-grace', '1s'];
  const outcome = await testDriver('hanging', [...patience, '--time', '4s', '--interval', '4s']);
  expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([1, ['hang']]);
  const { message, evidence, cut } = outcome.results.findings[0]!;
  expect(message).toMatch(
    /^the target hangs: no op was acknowledged for [\d.]+ s, and a read was not answered within 1 s$/,
  );
  expect(evidence.sentences[0]).toMatch(/^the last op was acknowledged at [\d.]+ s, and nothing was taken/);
  expect(cut).toBe(0);
  expect(outcome.history.findLast(({ final }) => final)).toMatchObject({ f: 'read', type: 'ok' });
  expect(nemesisOf(outcome)).toContain('invoke power-cut');
});
