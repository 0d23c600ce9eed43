import { describe, expect, test } from 'vitest';
import { DeviceBench } from './device-bench.ts';

const sizeBytes = 64 * 1024;
const limits = { seed: 1, perEpoch: 50, torn: false, untearable: [] };

function bench(): DeviceBench {
  const made = new DeviceBench();
  for (const device of ['run', 'look']) made.command({ do: 'create', device, sizeBytes });
  return made;
}

function write(on: DeviceBench, device: string, offset: number, text: string): void {
  on.write(device, offset, Buffer.from(text));
}

function read(on: DeviceBench, device: string, offset: number, length: number): string {
  const bytes = Buffer.alloc(length);
  on.device(device)?.read(offset, bytes, 0, length);
  return bytes.toString();
}

/** What each distinct image holds at 0 and at 8192. */
function images(on: DeviceBench): string[] {
  const chosen = on.command({ do: 'cuts', device: 'run', limits })?.images ?? [];
  return chosen
    .map(({ cut }) => {
      on.command({ do: 'image', device: 'look', of: 'run', cut });
      return `${read(on, 'look', 0, 1)}${read(on, 'look', 8192, 1)}`;
    })
    .sort();
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a bench of block devices', () => {
  test('leaves what was flushed and any subset of the rest', () => {
    const devices = bench();
    write(devices, 'run', 0, 'a');
    write(devices, 'run', 8192, 'b');
    devices.command({ do: 'record', device: 'run' });
    write(devices, 'run', 0, 'A');
    write(devices, 'run', 8192, 'B');
    expect(images(devices)).toEqual(['AB', 'Ab', 'aB', 'ab']);
  });

  test('counts images of equal bytes once', () => {
    const devices = bench();
    devices.command({ do: 'record', device: 'run' });
    write(devices, 'run', 0, 'A');
    write(devices, 'run', 0, 'A');
    expect(images(devices)).toEqual(['\0\0', 'A\0']);
  });

  test('tells of each stretch of instants at which an image is legal, and of none between them', () => {
    const devices = bench();
    const acknowledge = (count: number) => devices.command({ do: 'acknowledge', device: 'run', count });
    devices.command({ do: 'record', device: 'run' });
    for (const [index, text] of ['A', 'B', 'A'].entries()) {
      acknowledge(2 * index);
      write(devices, 'run', 0, text);
      devices.flush('run');
    }
    acknowledge(6);
    const chosen = devices.command({ do: 'cuts', device: 'run', limits })?.images ?? [];
    const counts = chosen.map(({ instants }) => [
      ...new Set(instants.flatMap(([from, to]) => range(from, to))),
    ]);
    // A: until B is durable, and again from when it is written over B; never with three acknowledged.
    expect(counts).toEqual([[0], [0, 1, 2, 4, 5, 6], [2, 3, 4]]);
  });

  test('never takes a flushed write back', () => {
    const devices = bench();
    devices.command({ do: 'record', device: 'run' });
    write(devices, 'run', 0, 'A');
    devices.flush('run');
    write(devices, 'run', 8192, 'B');
    expect(images(devices)).toEqual(['\0\0', 'A\0', 'AB']);
  });

  test('keeps an image apart from the device that it came from', () => {
    const devices = bench();
    devices.command({ do: 'record', device: 'run' });
    write(devices, 'run', 0, 'A');
    images(devices);
    write(devices, 'look', 0, 'z');
    expect(read(devices, 'run', 0, 1)).toBe('A');
  });

  test('refuses a write beyond the device, and devices that do not exist', () => {
    const devices = bench();
    expect(() => write(devices, 'run', sizeBytes - 1, 'ab')).toThrow('beyond the device');
    expect(() => devices.command({ do: 'record', device: 'other' })).toThrow('no device other');
  });

  test('gives all memory back', () => {
    const devices = bench();
    for (let round = 0; round < 3; round++) {
      devices.command({ do: 'copy', device: 'run', from: 'look' });
      devices.command({ do: 'record', device: 'run' });
      write(devices, 'run', 0, 'A');
      images(devices);
      for (const device of ['run', 'look']) devices.command({ do: 'create', device, sizeBytes });
    }
    expect(devices.usedBytes).toBe(0);
  });
});
