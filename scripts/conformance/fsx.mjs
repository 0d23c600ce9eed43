// fsx: random reads, writes, mappings, truncations, holes and copies of one file, compared with what it knows it wrote.
const marginMs = 60_000;
const program = process.env.FSX;

// What the buffered run leaves out is asked of the file system first by fsx itself.
const runs = {
  buffered: ['-l', '1000000'],
  'small file': ['-l', '20000', '-o', '3000'],
  'reopened often': ['-c', '50'],
  'direct I/O': ['-Z', '-r', '4096', '-w', '4096', '-t', '4096', '-l', '1000000'],
};

export const fsx = {
  missing: () => (program === undefined ? 'FSX=FILE names no fsx program' : undefined),
  run(place, seconds) {
    const found = new Map();
    for (const [name, args] of Object.entries(runs)) {
      const duration = Math.ceil(seconds / Object.keys(runs).length);
      const all = ['-q', '-S', '1', `--duration=${duration}`, ...args, 'file'];
      const { status, output } = place.run(program, all, duration * 1000 + marginMs);
      found.set(name, status === 0 ? `ok: ${output.trim().split('\n').at(-1)}` : `not ok: ${status}`);
    }
    return found;
  },
};
