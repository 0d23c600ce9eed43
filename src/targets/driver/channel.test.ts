/** The channel against real processes: each test's program is a few lines of JavaScript. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { DriverChannel } from './channel.ts';

const patienceMs = 20_000;
const children: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** `body` sees each request as `request` and answers with `reply(request, fields)`. */
function channelTo(body: string): DriverChannel {
  const program = `
    const reply = ({ id }, fields = {}) => console.log(JSON.stringify({ id, type: 'ok', ...fields }));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line);
      ${body}
    });
  `;
  const child = spawn(process.execPath, ['-e', program]);
  children.push(child);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return new DriverChannel({ stdin: child.stdin, stdout: child.stdout, exited });
}

describe('a driver that answers', () => {
  test('in any order is understood: replies are matched by id', async () => {
    const channel = channelTo(`
      (globalThis.held ??= []).unshift(request);
      if (held.length === 3) for (const one of held) reply(one, { value: one.value });
    `);
    const answers = await Promise.all(
      [1, 2, 3].map((value) => channel.request({ f: 'add', value }, patienceMs)),
    );
    expect(answers.map((answer) => answer.kind === 'reply' && answer.reply.value)).toEqual([1, 2, 3]);
    expect(channel.broken).toBeUndefined();
  });

  test('in pieces, or with two replies in one go, is understood alike', async () => {
    const channel = channelTo(`
      globalThis.text = (globalThis.text ?? '') + JSON.stringify({ id: request.id, type: 'ok', value: 'ü'.repeat(100_000) }) + '\\n\\n';
      if (request.value === 1) return;
      const bytes = Buffer.from(text);
      const middle = bytes.indexOf('ü') + 1;
      process.stdout.write(bytes.subarray(0, middle));
      setTimeout(() => process.stdout.write(bytes.subarray(middle)), 20);
    `);
    const answers = await Promise.all(
      [1, 2].map((value) => channel.request({ f: 'read', value }, patienceMs)),
    );
    for (const answer of answers) {
      expect(answer.kind === 'reply' && answer.reply.value === 'ü'.repeat(100_000)).toBe(true);
    }
  });

  test('late has its request answered as a time-out, and is not held to be babbling afterwards', async () => {
    const channel = channelTo(`setTimeout(() => reply(request), request.f === 'slow' ? 500 : 0)`);
    expect((await channel.request({ f: 'fast' }, patienceMs)).kind).toBe('reply');
    expect(await channel.request({ f: 'slow' }, 50)).toEqual({ kind: 'timeout' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await channel.request({ f: 'fast' }, patienceMs)).kind).toBe('reply');
  });
});

describe('a driver that fails', () => {
  test('by exiting breaks what is under way, after what it still said', async () => {
    const channel = channelTo(`if (request.f === 'last') { reply(request); process.exit(7); }`);
    const held = channel.request({ f: 'held' }, patienceMs);
    const last = channel.request({ f: 'last' }, patienceMs);
    expect((await last).kind).toBe('reply');
    const broken = { why: 'exit', sentence: 'ended with exit code 7', exitCode: 7, killed: false };
    expect(await held).toEqual({ kind: 'broken', sent: true, broken });
    expect(await channel.whenBroken).toEqual(broken);
  });

  test('by a signal is told from one that exits', async () => {
    const channel = channelTo(`process.kill(process.pid, 'SIGKILL')`);
    expect(await channel.request({ f: 'add' }, patienceMs)).toMatchObject({
      broken: { sentence: 'was ended by SIGKILL', exitCode: null, killed: true },
    });
  });

  test('before a request takes that request as not sent', async () => {
    const channel = channelTo('process.exit(1)');
    await channel.request({ f: 'add' }, patienceMs);
    expect(await channel.request({ f: 'add' }, patienceMs)).toMatchObject({ kind: 'broken', sent: false });
  });

  test.each([
    [
      `console.log('Listening on port 80')`,
      'printed a line that is not a JSON object: "Listening on port 80"',
    ],
    ['reply({ id: 99 })', 'answered request 99, which was never sent'],
    [`console.log('{"id":0,"type":"perhaps"}')`, 'whose type is not'],
    [`require('node:fs').closeSync(1)`, 'closed its stdout'],
  ])('by nonsense is told so: %s', async (body, sentence) => {
    const answer = await channelTo(body).request({ f: 'add' }, patienceMs);
    expect(answer).toMatchObject({ kind: 'broken', sent: true, broken: { why: 'nonsense' } });
    expect(answer.kind === 'broken' && answer.broken.sentence).toContain(sentence);
  });
});
