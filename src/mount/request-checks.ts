/** Whether what came over the control channel is a request, before anybody acts on it. */
import { isAbsolute } from 'node:path';
import type { DiskRequests } from './control.ts';
import type { JsonObject } from './json-lines.ts';
import { Refusal } from './refusal.ts';

type Name = keyof DiskRequests;
type Check = (params: JsonObject) => boolean;

const nothing: Check = () => true;
const image: Check = (params) => isCount(params['image']);
const directory: Check = ({ directory }) => typeof directory === 'string' && isAbsolute(directory);
const choices: ReadonlySet<unknown> = new Set(['lose-all', 'keep-all']);

const checks: { readonly [Each in Name]: readonly [check: Check, needs: string] } = {
  stats: [nothing, ''],
  report: [nothing, ''],
  checkpoint: [nothing, ''],
  'lose-unsynced': [nothing, ''],
  freeze: [
    ({ trigger }) => isTrigger(trigger),
    'a trigger: {at: "now"} or {at: "unsynced-op", afterOps, withinMs}',
  ],
  thaw: [nothing, ''],
  fail: [nothing, ''],
  unmount: [nothing, ''],
  mount: [nothing, ''],
  cut: [({ choice }) => choices.has(choice), 'a choice: "lose-all" or "keep-all"'],
  'keep-image': [nothing, ''],
  'export-image': [
    (params) => image(params) && directory(params),
    'an image number and an absolute directory',
  ],
  'drop-image': [image, 'an image number'],
  import: [directory, 'an absolute directory'],
  wipe: [nothing, ''],
  trace: [
    ({ needles }) => Array.isArray(needles) && needles.every((needle) => typeof needle === 'string'),
    'needles: texts',
  ],
  quit: [nothing, ''],
};

/** A request as a value that can be told apart by its name. */
export type DiskRequest = {
  [Each in Name]: { readonly name: Each; readonly params: DiskRequests[Each]['params'] };
}[Name];

/** Throws a refusal that says what is wrong. */
export function checkRequest(message: JsonObject): DiskRequest {
  const name = message['request'];
  if (typeof name !== 'string' || !Object.hasOwn(checks, name)) {
    throw new Refusal(`there is no request "${String(name)}": ${Object.keys(checks).join(', ')}`);
  }
  const [check, needs] = checks[name as Name];
  if (!check(message)) throw new Refusal(`"${name}" needs ${needs}`);
  return { name, params: message } as unknown as DiskRequest;
}

function isTrigger(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('at' in value)) return false;
  if (value.at === 'now') return true;
  return (
    value.at === 'unsynced-op' &&
    'afterOps' in value &&
    isCount(value.afterOps) &&
    'withinMs' in value &&
    isCount(value.withinMs) &&
    (!('edge' in value) || value.edge === 'after' || value.edge === 'before')
  );
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
