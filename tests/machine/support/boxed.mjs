// A powercut in little, for tests of the box: enters it and does one of a few things inside. `MODE MARKER [ARGUMENT]`
import { chownSync, readFileSync } from 'node:fs';
import { enterBox, inBox } from '../../../dist/machine/box.js';
import { createMachine } from '../../../dist/machine/create-machine.js';
import { programsUser } from '../../../dist/machine/programs-user.js';
import { createWorkDirectory } from '../../../dist/machine/work-directory.js';
import { startDisk } from '../../../dist/mount/start-disk.js';

const [, , mode, marker, argument] = process.argv;

if (inBox()) await inside();
else process.exit(await launch());

function launch() {
  return enterBox().catch((error) => {
    process.stderr.write(`${error.name}: ${error.message}\n`);
    return 255;
  });
}

async function inside() {
  if (mode === 'copy') {
    // Bytes through, in both directions, and an exit code.
    process.stdin.pipe(process.stdout);
    process.stderr.write('the inner one says this\n');
    process.stdin.on('end', () => (process.exitCode = Number(argument)));
  } else if (mode === 'describe') {
    const { isTTY = false } = process.stdout;
    console.log(
      JSON.stringify({ pid: process.pid, isTTY, arguments: process.argv.slice(2), boxed: inBox() }),
    );
  } else if (mode === 'listen') {
    listen();
    process.stdout.write('ready\n');
    setInterval(() => undefined, 1000);
  } else if (mode === 'script') {
    await runScript();
  } else if (mode === 'machine') {
    await machine();
  } else if (mode === 'disk') {
    await machineOnDisk();
  }
}

/** Says each signal; ends gracefully at the first one unless it is told to be stubborn. */
function listen(cleanUp = async () => undefined) {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, async () => {
      process.stdout.write(`${name}\n`);
      if (argument === 'stubborn') return;
      await cleanUp();
      process.exit(code);
    });
  }
}

/** A program on a disk; what it said, and who powercut itself is. */
async function runScript() {
  const work = await createWorkDirectory(programsUser());
  const options = { mountPoint: work.mountPoint, workDirectory: work.control, profile: 'strict', pins: [] };
  const disk = await startDisk({ ...options, owner: programsUser() });
  const made = createMachine({ disk, directory: work.mountPoint });
  await made.boot();
  const { code, stdout, stderr } = await made.run('sh', ['-c', argument]);
  await made.cut({ at: 'now' }, 'lose-all');
  await made.boot();
  const left = await made.run('ls', []);
  await made.close();
  await disk.close();
  await work.remove();
  const map = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number);
  console.log(JSON.stringify({ uid: process.getuid(), map, code, stdout, stderr, left: left.stdout }));
}

/** A machine with busy programs: a writer, one that ignores signals, a daemon. */
async function machine() {
  const user = programsUser();
  const work = await createWorkDirectory(user);
  chownSync(work.run, user.uid, user.gid);
  const made = createMachine({ disk: undefined, directory: work.mountPoint, plainDirectory: work.run });
  await made.boot();
  listen(async () => {
    await made.close();
    await work.remove();
  });
  await startBusyPrograms(made);
  process.stdout.write(`${work.path}\nready\n`);
}

/** The same on a real disk, with programs that the disk holds if it is to be frozen. */
async function machineOnDisk() {
  const work = await createWorkDirectory(programsUser());
  const disk = await startDisk({
    mountPoint: work.mountPoint,
    workDirectory: work.control,
    profile: 'strict',
    pins: [],
    owner: programsUser(),
  });
  const made = createMachine({ disk, directory: work.mountPoint });
  await made.boot();
  const cleanUp = async () => {
    await made.close();
    await disk.close();
    await work.remove();
  };
  listen(cleanUp);
  void disk.ended.then(async (sentence) => {
    process.stdout.write(`${sentence}\n`);
    await cleanUp();
    process.exit(255);
  });
  await startBusyPrograms(made);
  if (argument === 'frozen') {
    await disk.request('freeze', { trigger: { at: 'now' } });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.stdout.write(`${work.path}\nready\n`);
}

async function startBusyPrograms(made) {
  const writer = `trap "" INT TERM HUP; while :; do echo ${marker} >> file; done`;
  made.spawn('sh', ['-c', writer]);
  await made.run('sh', [
    '-c',
    `setsid sh -c 'trap "" INT TERM HUP; sleep ${marker}; :' </dev/null >/dev/null 2>&1 &`,
  ]);
  made.spawn('sleep', [marker]);
}
