import { describe, expect, test } from 'vitest';
import type { Completion, Integrity } from '../targets/target.ts';
import { StartError } from '../targets/target.ts';
import { readAll, recover, type RecoverySteps } from './recovery.ts';
import { failedStart, fine } from './testing/recoveries.ts';

interface Behaviour {
  readonly starts?: readonly (Error | undefined)[];
  readonly reads?: readonly Completion[];
  readonly verify?: () => Promise<Integrity>;
}

/** A machine and a target that do as they are told, one answer after the other, and a log of all that happens. */
function scene({ starts = [], reads = [], verify = async () => fine }: Behaviour) {
  const log: string[] = [];
  const [startsLeft, readsLeft] = [[...starts], [...reads]];
  const steps: RecoverySteps = {
    record: ({ type, f, error }) => log.push([type, f, ...(error === undefined ? [] : [error])].join(' ')),
    onPhase: (name) => log.push(`(${name})`),
  };
  const machine = {
    kill: async () => void log.push('kill'),
    boot: async () => void log.push('boot'),
  };
  const instance = {
    start: async () => {
      log.push('start');
      const failure = startsLeft.shift();
      if (failure !== undefined) throw failure;
    },
    connect: async () => ({
      invoke: async () => readsLeft.shift() ?? ({ type: 'ok', value: [1] } as const),
      close: async () => undefined,
    }),
    verify,
  };
  return { log, machine, instance, steps };
}

function recoverIn({ machine, instance, steps }: ReturnType<typeof scene>) {
  return recover(machine, instance, { f: 'read' }, steps);
}

describe('a recovery', () => {
  test('starts the target, reads everything, and lets it check itself', async () => {
    const made = scene({});
    expect(await recoverIn(made)).toEqual({
      failures: [],
      started: true,
      read: { type: 'ok', value: [1] },
      integrity: fine,
    });
    const all = ['(start)', 'start', '(final read)', 'invoke read', 'ok read', '(integrity check)'];
    expect(made.log).toEqual(all);
  });

  test('starts it three times, on what the failed start left, in a machine booted anew', async () => {
    const failures = [failedStart('a'), failedStart('b'), failedStart('c')];
    const made = scene({ starts: failures });
    expect(await recoverIn(made)).toEqual({ failures, started: false });
    expect(made.log).toEqual(['(start)', 'start', 'kill', 'boot', 'start', 'kill', 'boot', 'start', 'kill']);
  });

  test('that succeeds at the third attempt keeps the failures of the others', async () => {
    const failures = [failedStart('a'), failedStart('b')];
    const { started, failures: kept } = await recoverIn(scene({ starts: failures }));
    expect([started, kept]).toEqual([true, failures]);
  });

  test('passes on what is no failure of the target', async () => {
    await expect(recoverIn(scene({ starts: [new Error('the disk ended')] }))).rejects.toThrow(
      'the disk ended',
    );
    const broken = scene({ verify: () => Promise.reject(new Error('the disk ended')) });
    await expect(recoverIn(broken)).rejects.toThrow('the disk ended');
  });

  test('asks a target that answers nothing no more', async () => {
    const read = { type: 'info', error: 'timeout' } as const;
    const made = scene({ reads: [read], verify: () => Promise.reject(new Error('nobody should ask')) });
    expect(await recoverIn(made)).toEqual({ failures: [], started: true, read });
  });

  test('lets a target that refuses the read check itself all the same', async () => {
    const refusal = { type: 'fail', error: 'malformed' } as const;
    const corrupt = { ok: false, method: 'check', lines: ['page 3'] };
    const made = scene({ reads: [refusal, refusal], verify: async () => corrupt });
    expect(await recoverIn(made)).toMatchObject({ read: refusal, integrity: corrupt });
  });

  test('takes a target that cannot be started for its check as one that failed it', async () => {
    const failure = new StartError('unopenable', 'the driver x failed hello', null, ['its words']);
    const { integrity } = await recoverIn(scene({ verify: () => Promise.reject(failure) }));
    expect(integrity).toEqual({
      ok: false,
      method: 'its own check',
      lines: ['the driver x failed hello', 'its words'],
    });
  });
});

describe('a read of everything', () => {
  const ask = (made: ReturnType<typeof scene>) => readAll(made.instance, { f: 'read' }, made.steps);

  test('that was broken off is made once more', async () => {
    const made = scene({ reads: [{ type: 'info', error: 'connection lost' }] });
    expect(await ask(made)).toEqual({ type: 'ok', value: [1] });
    expect(made.log).toEqual(['invoke read', 'info read connection lost', 'invoke read', 'ok read']);
  });

  test('that was refused twice is refused', async () => {
    const refusals = ['first', 'second', 'third'].map((error) => ({ type: 'fail', error }) as const);
    expect(await ask(scene({ reads: refusals }))).toEqual({ type: 'fail', error: 'second' });
  });
});
