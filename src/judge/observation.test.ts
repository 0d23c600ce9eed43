import { expect, test } from 'vitest';
import { Observation } from './observation.ts';

test('an observation knows with how many ops acknowledged an outcome was left', () => {
  const observation = new Observation();
  observation.add('a=""', 0, 2);
  observation.add('a=""', 4, 4);
  observation.add('(empty)', 0, 0);
  expect(observation.outcomes(0)).toEqual(['(empty)', 'a=""']);
  expect(observation.outcomes(3)).toEqual([]);
  expect(observation.toRecord()).toEqual({ '(empty)': '0', 'a=""': '0-2,4' });
});

test('a record reads back as it was', () => {
  const record = { '(empty)': '0', 'a=""': '0-2,4' };
  expect(Observation.fromRecord(record).toRecord()).toEqual(record);
  expect(() => Observation.fromRecord({ 'a=""': '2-1' })).toThrow('no numbers');
});

test('what is merged has been seen too', () => {
  const one = Observation.fromRecord({ 'a=""': '0' });
  one.merge(Observation.fromRecord({ 'a=""': '1', 'b=""': '1' }));
  expect(one.toRecord()).toEqual({ 'a=""': '0-1', 'b=""': '1' });
});
