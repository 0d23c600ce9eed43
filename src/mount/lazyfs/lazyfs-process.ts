/**
 * The process that stands in for LazyFS: one mount over one root directory, told what to do through a FIFO, in LazyFS's
 * words. Its pid is the one to kill: killed, it leaves the mount dead, as LazyFS does, and the root directory as a power cut
 * would. It ends with its mount, and with SIGTERM.
 */
import { mkdtempSync, rmSync, truncateSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskOptions, DiskRequests } from '../control.ts';
import { ControlServer } from '../control-server.ts';
import { controlSocketName, prepareWorkDirectory } from '../directories.ts';
import { DiskService } from '../disk-service.ts';
import { JsonText } from '../json-lines.ts';
import { MountHelper } from '../mount-helper.ts';
import { messageOf } from '../mount-errors.ts';
import { mountOptions } from '../mount-options.ts';
import { lazyFsPrefix } from '../mount-table.ts';
import type { DiskRequest } from '../request-checks.ts';
import { settlesWithin } from '../time-limit.ts';
import { WorkerLink } from '../worker-link.ts';
import { parseCommand, type Command } from './commands.ts';
import type { LazyFsConfig } from './config.ts';
import type { Fault } from './faults.ts';
import { CompletionFifo, provideFifo, readFifo } from './fifo.ts';
import { LazyFsLog } from './log.ts';
import * as lines from './log-lines.ts';
import { takeSnapshot } from './snapshot.ts';

export interface LazyFsOptions {
  readonly mountPoint: string;
  /** The real path of the root directory, and as the user named it: faults and log lines have that. */
  readonly root: string;
  readonly shownRoot: string;
  readonly profile: string;
  readonly config: LazyFsConfig;
  readonly configPath: string;
  readonly warnings: readonly string[];
  readonly seed: number;
  readonly jsonFile: string | undefined;
  readonly capacityBytes: number | undefined;
  /** Told when the mount works. */
  readonly onMounted: () => void;
}

const endPatienceMs = 5_000;

/** Resolves with the exit code when the mount is gone. Rejects with a sentence when it cannot be. */
export async function runLazyFs(options: LazyFsOptions): Promise<number> {
  const lazyFs = new LazyFsProcess(options);
  try {
    return await lazyFs.run();
  } finally {
    await lazyFs.end();
  }
}

class LazyFsProcess {
  readonly #options: LazyFsOptions;
  readonly #log: LazyFsLog;
  readonly #workDirectory: string;
  readonly #diskOptions: DiskOptions;
  readonly #helper: MountHelper;
  #worker: WorkerLink | undefined;
  #service: DiskService | undefined;
  #server: ControlServer | undefined;
  #fifo: { close(): void } | undefined;
  #completed: CompletionFifo | undefined;
  /** Commands are done one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: LazyFsOptions) {
    const { mountPoint, root, shownRoot, profile, config, capacityBytes, jsonFile, seed } = options;
    this.#options = options;
    const logPlaces = { logfile: config.logfile, jsonFile };
    this.#log = new LazyFsLog(logPlaces);
    this.#workDirectory = mkdtempSync(join(tmpdir(), 'powercut-lazyfs-'));
    this.#diskOptions = {
      mountPoint,
      workDirectory: this.#workDirectory,
      profile,
      pins: [],
      owner: { uid: 0, gid: 0 },
      root,
      lazyfs: { root: shownRoot, logPlaces, logsAllOperations: config.logsAllOperations, seed },
      ...(capacityBytes === undefined ? {} : { capacityBytes }),
    };
    const source = lazyFsPrefix + join(this.#workDirectory, controlSocketName);
    this.#helper = new MountHelper(mountPoint, source, mountOptions, 'kept');
  }

  async run(): Promise<number> {
    const { config, configPath, warnings, onMounted } = this.#options;
    if (config.logfile !== undefined && existsSync(config.logfile)) truncateSync(config.logfile);
    this.#log.say(...lines.startLines(config, configPath));
    for (const warning of warnings) this.#log.say(lines.warning(`[config] ${warning}`));
    this.#log.say(lines.info(`[lazyfs]: trying to create fifo '${config.fifoPath}'`));
    const isNew = provideFifo(config.fifoPath);
    this.#log.say(
      lines.info(
        isNew ? `[lazyfs.fifo]: fifo ${config.fifoPath} created` : '[lazyfs.fifo]: faults fifo exists!',
      ),
    );
    if (config.completedFifoPath !== undefined) {
      provideFifo(config.completedFifoPath);
      this.#completed = new CompletionFifo(config.completedFifoPath);
    }
    const { ended } = await this.#mount();
    for (const fault of config.faults) await this.#arm(fault);
    if (config.snapshot !== undefined) {
      await this.#worker!.call('snapshot-at-faults', config.snapshot);
      this.#snapshot();
    }
    this.#fifo = readFifo(config.fifoPath, (line) => {
      this.#queue = this.#queue.then(() => this.#do(line));
    });
    this.#log.say(lines.info('[lazyfs.fifo]: running LazyFS...'));
    this.#log.say(lines.info('[lazyfs.faults.worker]: waiting for fault commands...'));
    this.#log.event('mounted', { mountPoint: this.#options.mountPoint, root: this.#options.root });
    onMounted();
    return ended;
  }

  /** Resolves when it is mounted; `ended` when it is no more. */
  async #mount(): Promise<{ readonly ended: Promise<number> }> {
    // First of all, while this process is small: see mount-helper.ts.
    this.#helper.prepare();
    prepareWorkDirectory(this.#workDirectory);
    const worker = await WorkerLink.start(this.#diskOptions, () => this.#service?.wake(), warn);
    const service = new DiskService(this.#diskOptions, this.#helper, worker);
    this.#worker = worker;
    this.#service = service;
    worker.onLost = () => void service.settleLoss();
    this.#server = await ControlServer.listen(join(this.#workDirectory, controlSocketName), (request) =>
      service.handle(request),
    );
    const ended = new Promise<number>((resolve) => {
      service.onSessionEnd = () => resolve(0);
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(0));
      void worker.failed.then((sentence) => {
        warn(sentence);
        resolve(255);
      });
    });
    await service.handle({ name: 'mount', params: {} });
    return { ended };
  }

  async end(): Promise<void> {
    this.#fifo?.close();
    this.#completed?.close();
    if (this.#options.config.snapshot !== undefined && this.#service !== undefined) this.#snapshot();
    if (this.#service !== undefined) {
      this.#log.say(lines.info('[lazyfs]: stopping LazyFS...'));
      await settlesWithin(this.#service.end(endPatienceMs), endPatienceMs * 2);
    }
    if (this.#server !== undefined) await settlesWithin(this.#server.close(), endPatienceMs);
    await this.#helper.end(endPatienceMs);
    rmSync(this.#workDirectory, { recursive: true, force: true });
  }

  async #do(line: string): Promise<void> {
    const command = parseCommand(line);
    const name = line.split('::')[1] ?? '';
    if (command.kind !== 'fault') this.#log.say(lines.info(this.#receivedText(command, line)));
    let error: string | undefined;
    try {
      await this.#perform(command, line);
    } catch (thrown) {
      error = messageOf(thrown);
      this.#log.say(lines.failure(`[lazyfs.cmds]: '${line}' failed: ${error}`));
    }
    this.#log.event('command', { command: line, ...(error === undefined ? {} : { error }) });
    if (command.kind !== 'unknown')
      this.#completed?.tell(`finished::${error === undefined ? name : `${name}::error=${error}`}`);
  }

  #receivedText(command: Command, line: string): string {
    const what = command.kind === 'unknown' ? 'command unknown' : 'received';
    return `[lazyfs.faults.worker]: ${what} '${line}'`;
  }

  async #perform(command: Command, line: string): Promise<void> {
    switch (command.kind) {
      case 'clear-cache':
        return this.#clearCache();
      case 'cache-checkpoint': {
        this.#log.say(lines.warning('[lazyfs.cmds]: cache checkpoint request submitted...'));
        const { sizeBytes } = await this.#ask('checkpoint', {});
        this.#log.say(lines.warning('[lazyfs.cmds]: checkpoint is done.'));
        this.#log.event('checkpoint', { sizeBytes });
        return;
      }
      case 'display-cache-usage': {
        const { unsyncedBytes } = await this.#ask('stats', {});
        this.#log.say(lines.usageLine(unsyncedBytes, this.#options.config.cache));
        return;
      }
      case 'unsynced-data-report': {
        this.#log.say(lines.warning('[lazyfs.cmds]: report request submitted...'));
        const report = await this.#ask('report', {});
        this.#log.say(
          lines.warning('[lazyfs.cmds]: report generated.'),
          ...lines.reportLines(report, this.#options.shownRoot),
        );
        this.#log.event('report', report);
        return;
      }
      case 'help':
        this.#log.say(...lines.helpLines);
        return;
      case 'snapshot':
        this.#snapshot(command);
        return;
      case 'fault':
        return this.#fault(command, line);
      case 'unknown':
        return;
    }
  }

  async #clearCache(): Promise<void> {
    if (this.#options.config.snapshot !== undefined) this.#snapshot();
    this.#log.say(lines.warning('[lazyfs.cmds]: clear cache request submitted...'));
    await this.#ask('lose-unsynced', {});
    const { sizeBytes, files, opCount } = await this.#ask('loss', {});
    this.#log.say(
      lines.warning('[lazyfs.cmds]: cache is cleared.'),
      lines.info(`[powercut]: dropped ${sizeBytes} bytes of ${files.length} files, ${opCount} ops`),
    );
    this.#log.event('clear-cache', { sizeBytes, opCount, files });
    if (this.#options.config.snapshot !== undefined) this.#snapshot();
  }

  async #fault(command: Extract<Command, { kind: 'fault' }>, line: string): Promise<void> {
    const { checked, name, tokens } = command;
    const { fault } = checked;
    const say = (text: string, how = lines.info) => this.#log.say(how(`[lazyfs.faults.worker]: ${text}`));
    if (name !== 'crash') say(`received '${line}'`);
    const refusal = typeof fault === 'string' ? fault : await this.#refusalOf(fault);
    if (refusal !== undefined) {
      say(`received: INVALID ${name} fault:`, lines.warning);
      say(`${name} fault error: ${refusal}`, lines.warning);
      throw new Error(refusal);
    }
    if (typeof fault === 'string' || fault.kind !== 'crash') {
      for (const token of tokens) say(token);
      say(`configured successfully '${line}'`);
      return;
    }
    say('received: VALID crash fault:', lines.critical);
    say(`=> crash: timing = ${fault.timing}`, lines.critical);
    say(`=> crash: operation = ${fault.op}`, lines.critical);
    say(`=> crash: from regex path = ${fault.from ?? 'none'}`, lines.critical);
    if (fault.to !== undefined) say(`=> crash: to regex path = ${fault.to}`, lines.critical);
  }

  async #arm(fault: Fault): Promise<void> {
    const refusal = await this.#refusalOf(fault);
    if (refusal !== undefined) throw new Error(`a fault of the configuration cannot be armed: ${refusal}`);
  }

  async #refusalOf(fault: Fault): Promise<string | undefined> {
    if ('op' in fault && fault.op === 'access')
      this.#log.say(
        lines.warning(
          '[powercut]: access(2) is decided by the kernel here: a fault at op=access never happens',
        ),
      );
    return (await this.#worker!.call('arm', { fault })).refusal;
  }

  #snapshot(order = this.#options.config.snapshot): void {
    if (order === undefined) return;
    const { directory, count } = takeSnapshot(this.#options.shownRoot, order);
    this.#log.say(lines.info(`[lazyfs.snapshot]: ${count} files copied to '${directory}'`));
    this.#log.event('snapshot', { directory, count });
  }

  async #ask<Name extends keyof DiskRequests>(
    name: Name,
    params: DiskRequests[Name]['params'],
  ): Promise<DiskRequests[Name]['reply']> {
    const reply = await this.#service!.handle({ name, params } as unknown as DiskRequest);
    return (reply instanceof JsonText ? JSON.parse(reply.text) : reply) as DiskRequests[Name]['reply'];
  }
}

function warn(sentence: string): void {
  process.stderr.write(`powercut: ${sentence}\n`);
}
