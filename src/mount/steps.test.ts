import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.ts';
import { StepKeeper, type Steps } from './steps.ts';

/** A clock that moves by one with each look at it. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

function* words(count: number): Steps<{ readonly text: string }> {
  for (let index = 0; index < count; index++) yield `${index} `;
  return { text: 'end' };
}

function* counting(count: number): Steps<{ readonly counted: number }> {
  for (let index = 0; index < count; index++) yield;
  return { counted: count };
}

describe('work in steps', () => {
  it('is answered at once when it fits into a slice', () => {
    const keeper = new StepKeeper(100, ticking());
    expect(keeper.begin(words(3))).toEqual({ text: '0 1 2 end' });
    expect(keeper.begin(counting(3))).toEqual({ counted: 3 });
  });

  it('is put down when its slice is over, and says what is done so far', () => {
    const keeper = new StepKeeper(2, ticking());
    const texts = [];
    let answer: { readonly more?: number; readonly text: string } = keeper.begin(words(5));
    while (answer.more !== undefined) {
      texts.push(answer.text);
      answer = keeper.continue(answer.more) as typeof answer;
    }
    texts.push(answer.text);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe('0 1 2 3 4 end');
  });

  it('goes on beside other work', () => {
    const keeper = new StepKeeper(0, ticking());
    const first = keeper.begin(counting(1));
    const second = keeper.begin(counting(2));
    expect([first, second]).toEqual([
      { more: 1, text: '' },
      { more: 2, text: '' },
    ]);
    expect(keeper.continue(2)).toEqual({ more: 2, text: '' });
    expect(keeper.continue(1)).toEqual({ counted: 1 });
    expect(keeper.continue(2)).toEqual({ counted: 2 });
  });

  it('cannot be continued when it is done, or when it failed', () => {
    const keeper = new StepKeeper(0, ticking());
    const failing = function* (): Steps<object> {
      throw new Refusal('no room');
    };
    expect(() => keeper.begin(failing())).toThrow('no room');
    expect(() => keeper.continue(1)).toThrow(Refusal);
  });
});
