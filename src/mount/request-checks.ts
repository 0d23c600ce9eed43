/** Whether what came over the control channel is a request, before anybody acts on it. */
import { isAbsolute } from 'node:path';
import type { DiskRequests, Selection } from './control.ts';
import type { JsonObject } from './json-lines.ts';
import { Refusal } from './refusal.ts';

type Name = keyof DiskRequests;
type Check = (params: JsonObject) => boolean;

const nothing: Check = () => true;
const image: Check = (params) => isCount(params['image']);
const directory: Check = ({ directory }) => typeof directory === 'string' && isAbsolute(directory);
const choice =
  'a choice: "lose-all", "keep-all", {kind: "random", seed}, {kind: "prefix", op}, {kind: "drop", ops}, {kind: "keep", ops} or ' +
  '{kind: "torn", op, sectors}';

const checks: { readonly [Each in Name]: readonly [check: Check, needs: string] } = {
  stats: [nothing, ''],
  report: [nothing, ''],
  checkpoint: [nothing, ''],
  'lose-unsynced': [nothing, ''],
  loss: [(params) => params['image'] === undefined || image(params), 'an image number, or none'],
  freeze: [
    ({ trigger }) => isTrigger(trigger),
    'a trigger: {at: "now"} or {at: "unsynced-op", afterOps, withinMs}',
  ],
  thaw: [nothing, ''],
  fail: [nothing, ''],
  unmount: [nothing, ''],
  mount: [nothing, ''],
  cut: [({ choice }) => isSelection(choice), choice],
  'cut-image': [
    ({ profile, choice }) => typeof profile === 'string' && isSelection(choice),
    `a profile, and ${choice}`,
  ],
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

function isSelection(value: unknown): value is Selection {
  if (value === 'lose-all' || value === 'keep-all') return true;
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const { kind, seed, op, ops, sectors } = value as Record<string, unknown>;
  switch (kind) {
    case 'random':
      return isCount(seed);
    case 'prefix':
      return isCount(op);
    case 'drop':
    case 'keep':
      return areCounts(ops);
    case 'torn':
      return isCount(op) && areCounts(sectors);
    default:
      return false;
  }
}

function areCounts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isCount);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
