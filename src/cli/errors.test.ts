import { describe, expect, it } from 'vitest';
import { UnavailableError, UsageError, endingOf } from './errors.ts';

describe('how errors end a command', () => {
  it('254 with the sentence as it is, for a wrong command line', () => {
    expect(endingOf(new UsageError('no such thing'))).toMatchObject({
      exitCode: 254,
      sentence: 'no such thing',
    });
  });

  it('255 with the sentence as it is, for what the machine lacks', () => {
    expect(endingOf(new UnavailableError('no /dev/fuse'))).toMatchObject({
      exitCode: 255,
      sentence: 'no /dev/fuse',
    });
  });

  it('knows the errors of other layers by their name', () => {
    const foreign = Object.assign(new Error('no unshare'), { name: 'UnavailableError' });
    expect(endingOf(foreign)).toMatchObject({ exitCode: 255, sentence: 'no unshare' });
  });

  it('says what to do about a full disk', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(endingOf(full)).toMatchObject({ exitCode: 255, sentence: expect.stringMatching(/full.*--store/) });
  });

  it('255, and where to look, for a defect', () => {
    const ending = endingOf(new TypeError('x is undefined'));
    expect(ending).toMatchObject({
      exitCode: 255,
      sentence: 'powercut failed: x is undefined (--debug shows where)',
    });
    expect(ending.stack).toContain('errors.test.ts');
  });

  it('keeps to one line of bounded length, whatever a message holds', () => {
    const { sentence } = endingOf(new UsageError(`first\n  second\n\n${'x'.repeat(5000)}`));
    expect(sentence).toMatch(/^first second x+\.\.\.$/);
    expect(sentence.length).toBeLessThanOrEqual(1000);
  });

  it('shows the causes in the stack', () => {
    const { stack } = endingOf(new Error('outer', { cause: new Error('inner') }));
    expect(stack).toMatch(/outer[\s\S]*caused by: Error: inner/);
  });

  it('survives what is no error at all', () => {
    expect(endingOf('oops')).toMatchObject({ exitCode: 255, sentence: expect.stringContaining('oops') });
  });
});
