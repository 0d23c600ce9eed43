import { describe, expect, test } from 'vitest';
import { EIO, ENOSYS, EPROTO } from './codec/errno.ts';
import type { WriteMode } from './codec/init.ts';
import { opcodes } from './codec/opcodes.ts';
import { Request } from './codec/request.ts';
import { Conversation } from './conversation.ts';
import type { Gate } from './gate.ts';
import { cString, received, request, struct, type ReceivedReply } from './testing/messages.ts';
import { recordingFileSystem, someAttributes } from './testing/recording-filesystem.ts';

type State = ReturnType<Gate['state']>;
const doNothing = (): void => undefined;

/** A conversation whose gate the test turns by hand, over one buffer that is overwritten with each request. */
function talk(writes: WriteMode = 'through', readsWhileHeld = false) {
  const { fileSystem, calls } = recordingFileSystem({
    lookup: () => someAttributes,
    write: (_caller, _ino, _offset, bytes) => bytes.length,
    statistics: () => ({
      blockSize: 4096,
      blocks: 1,
      blocksFree: 1,
      files: 1,
      filesFree: 1,
      nameLength: 255,
    }),
  });
  const replies: ReceivedReply[] = [];
  const errors: string[] = [];
  const gate = {
    current: 'open' as State,
    calls: 0,
    onWake: doNothing,
    onApplied: doNothing,
    appliedCount: 0,
    isCalled: () => gate.calls > 0,
    state: () => gate.current,
    wake: () => {
      gate.calls = 0;
      gate.onWake();
    },
    applied: () => {
      gate.appliedCount++;
      gate.onApplied();
    },
  };
  const conversation = new Conversation({
    fileSystem,
    gate,
    writes,
    readsWhileHeld,
    onError: (_error, context) => errors.push(context),
    send: (reply) => replies.push(received(reply)),
  });
  const buffer = new Request(8192);
  const receive = (message: Request) => {
    message.bytes.copy(buffer.bytes, 0, 0, message.length);
    buffer.length = message.length;
    conversation.receive(buffer);
    buffer.bytes.fill(0xee);
  };
  return { receive, gate, calls, replies, errors, methods: () => calls.map(({ method }) => method) };
}

const unlink = (name: string) => request(opcodes.UNLINK, 1, cString(name));
const write = (text: string) =>
  request(opcodes.WRITE, 5, struct('fuse_write_in', { size: text.length }), Buffer.from(text));
const statfs = () => request(opcodes.STATFS, 1);
const init = (minor = 45) => request(opcodes.INIT, 0, struct('fuse_init_in', { major: 7, minor }));
const forget = () => request(opcodes.FORGET, 5, struct('fuse_forget_in', { nlookup: 1n }));

describe('an open gate', () => {
  test('serves, and hears of what may have changed the disk', () => {
    const { receive, gate, replies, methods } = talk();
    receive(request(opcodes.LOOKUP, 1, cString('a')));
    expect(gate.appliedCount).toBe(0);
    receive(unlink('a'));
    expect(gate.appliedCount).toBe(1);
    expect(methods()).toEqual(['lookup', 'unlink']);
    expect(replies.map(({ error }) => error)).toEqual([0, 0]);
  });

  test('answers nobody who does not wait', () => {
    const { receive, replies, methods } = talk();
    receive(forget());
    receive(request(opcodes.INTERRUPT, 0, struct('fuse_interrupt_in')));
    expect(methods()).toEqual(['forget']);
    expect(replies).toEqual([]);
  });

  test('reports what is no request, and answers nothing', () => {
    const { receive, replies, errors } = talk();
    const short = unlink('a');
    short.length = 39;
    receive(short);
    const wrongLength = unlink('a');
    wrongLength.bytes.writeUInt32LE(1000, 0);
    receive(wrongLength);
    expect({ replies, errors }).toEqual({ replies: [], errors: ['reading a request', 'reading a request'] });
  });
});

describe('a held gate', () => {
  test('applies and answers nothing', () => {
    const { receive, gate, calls, replies } = talk();
    gate.current = 'held';
    receive(unlink('a'));
    receive(write('abc'));
    receive(forget());
    expect({ calls, replies }).toEqual({ calls: [], replies: [] });
  });

  test('lets what it held through in order once it opens, although the buffer was used again', () => {
    const { receive, gate, calls, replies } = talk();
    gate.current = 'held';
    receive(write('first'));
    receive(write('second'));
    receive(forget());
    gate.onWake = () => {
      gate.current = 'open';
    };
    receive(statfs());
    expect(calls.filter(({ method }) => method === 'write').map(({ args }) => args[3])).toEqual([
      Uint8Array.from(Buffer.from('first')),
      Uint8Array.from(Buffer.from('second')),
    ]);
    expect(calls.map(({ method }) => method)).toEqual(['write', 'write', 'forget', 'statistics']);
    expect(replies.map(({ error }) => error)).toEqual([0, 0, 0]);
  });

  test('answers reads all the same for who asked for that, and holds the rest', () => {
    const { receive, gate, methods } = talk('through', true);
    gate.current = 'held';
    receive(request(opcodes.READ, 5, struct('fuse_read_in', { size: 4 })));
    receive(write('held'));
    expect(methods()).toEqual(['read']);
    gate.current = 'open';
    receive(request(opcodes.READ, 5, struct('fuse_read_in', { size: 4 })));
    expect(methods()).toEqual(['read', 'read', 'write']);
  });

  test('fails what it held once it fails, unapplied', () => {
    const { receive, gate, calls, replies } = talk();
    gate.current = 'held';
    receive(unlink('a'));
    receive(forget());
    gate.onWake = () => {
      gate.current = 'failing';
    };
    receive(statfs());
    receive(unlink('b'));
    receive(forget());
    expect(calls).toEqual([]);
    expect(replies.map(({ error }) => error)).toEqual([EIO, EIO, EIO]);
  });

  test('still answers STATFS, which wakes the thread', () => {
    const { receive, gate, replies, methods } = talk();
    gate.current = 'held';
    receive(statfs());
    expect(methods()).toEqual(['statistics']);
    expect(replies.map(({ error }) => error)).toEqual([0]);
  });

  test('hears messages before whatever request comes, and what they change holds for that request', () => {
    const { receive, gate, calls } = talk();
    gate.onWake = () => {
      gate.current = 'held';
    };
    receive(unlink('a'));
    gate.calls = 1;
    receive(unlink('b'));
    expect(calls.map(({ args }) => args[2])).toEqual(['a']);
    gate.onWake = () => {
      gate.current = 'open';
    };
    gate.calls = 1;
    receive(unlink('c'));
    expect(calls.map(({ args }) => args[2])).toEqual(['a', 'b', 'c']);
  });

  test('what the kernel forgot is forgotten before messages are heard', () => {
    const { receive, gate, methods } = talk();
    const known: string[][] = [];
    gate.onWake = () => {
      known.push(methods());
    };
    gate.calls = 1;
    receive(forget());
    expect(known).toEqual([]);
    receive(unlink('a'));
    expect(known).toEqual([['forget']]);
  });

  test('may close at the very op that it heard of, and again while it lets through what it held', () => {
    const { receive, gate, calls } = talk();
    gate.onApplied = () => {
      gate.current = 'held';
    };
    receive(unlink('a'));
    receive(unlink('b'));
    receive(unlink('c'));
    expect(calls.map(({ args }) => args[2])).toEqual(['a']);
    gate.onWake = () => {
      gate.current = 'open';
    };
    receive(statfs());
    expect(calls.filter(({ method }) => method === 'unlink').map(({ args }) => args[2])).toEqual(['a', 'b']);
    receive(statfs());
    expect(calls.filter(({ method }) => method === 'unlink').map(({ args }) => args[2])).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});

describe('a mount', () => {
  test.each(['open', 'held', 'failing'] as const)('begins with INIT although the gate is %s', (state) => {
    const { receive, gate, replies, methods } = talk();
    gate.current = state;
    receive(init());
    expect(methods()).toEqual(['begin']);
    expect(replies.map(({ error }) => error)).toEqual([0]);
  });

  test('does not begin on a kernel that is too old, and says why', () => {
    const { receive, replies, errors, methods } = talk();
    receive(init(30));
    expect(methods()).toEqual([]);
    expect(replies.map(({ error }) => error)).toEqual([EPROTO]);
    expect(errors).toEqual(['INIT']);
  });

  test('with cached writes takes over what the kernel kept back, even while held, and nothing else', () => {
    const kept = request(
      opcodes.WRITE,
      5,
      struct('fuse_write_in', { size: 3, write_flags: 1 }),
      Buffer.from('abc'),
    );
    const through = talk('through');
    through.gate.current = 'held';
    through.receive(kept);
    expect(through.methods()).toEqual([]);
    const cached = talk('cached');
    cached.gate.current = 'held';
    cached.receive(write('direct'));
    cached.receive(kept);
    cached.receive(request(opcodes.FSYNC, 5, struct('fuse_fsync_in')));
    expect(cached.calls.map(({ method, args }) => [method, args[3]])).toEqual([
      ['write', Uint8Array.from(Buffer.from('abc'))],
    ]);
    cached.gate.current = 'failing';
    cached.receive(kept);
    expect(cached.replies.at(-1)?.error).toBe(EIO);
    expect(cached.methods()).toEqual(['write']);
  });

  test('with cached writes leaves holes to the kernel, which alone knows what it holds', () => {
    const seek = request(opcodes.LSEEK, 5, struct('fuse_lseek_in', { whence: 3 }));
    const through = talk('through');
    through.receive(seek);
    expect(through.methods()).toEqual(['seek']);
    const cached = talk('cached');
    cached.receive(seek);
    expect(cached.methods()).toEqual([]);
    expect(cached.replies.map(({ error }) => error)).toEqual([ENOSYS]);
  });
});
