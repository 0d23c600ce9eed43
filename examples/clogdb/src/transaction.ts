/**
 * Transactions: lists of operations that happen together or not at all. Pure, and the same operations on the same state
 * always do the same: the log holds operations, and recovery performs them again.
 */
import { isDeepStrictEqual } from 'node:util';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };
export type State = Map<string, Value>;

export type Operation =
  | readonly ['put', key: string, value: Value]
  | readonly ['get', key: string]
  /** Replaces `old` (null: no value) by `new`. */
  | readonly ['cas', key: string, old: Value, new: Value]
  /** To a list; to an empty one where there is no value. */
  | readonly ['append', key: string, value: Value]
  /** Of a number that may not fall below 0; no value counts as 0. */
  | readonly ['transfer', from: string, to: string, amount: number]
  | readonly ['delete', key: string]
  /** Every entry whose key begins with `prefix`. */
  | readonly ['scan', prefix: string];

/** Why something did not happen, and nothing of it; with the HTTP status that says so. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const lengths = { put: 3, get: 2, cas: 4, append: 3, transfer: 4, delete: 2, scan: 2 };
const maxOperations = 1_000;

export function isWrite([f]: Operation): boolean {
  return f !== 'get' && f !== 'scan';
}

/** Performs them on the state and returns a result for each; throws a Refusal and leaves the state as it was. */
export function execute(state: State, operations: readonly Operation[]): Value[] {
  const changes = new Map<string, Value | undefined>();
  const results = operations.map((operation) => perform(operation, state, changes));
  for (const [key, value] of changes) {
    if (value === undefined) state.delete(key);
    else state.set(key, value);
  }
  return results;
}

function perform(operation: Operation, state: State, changes: Map<string, Value | undefined>): Value {
  const get = (key: string): Value => (changes.has(key) ? changes.get(key) : state.get(key)) ?? null;
  const balance = (key: string): number => {
    const value = get(key) ?? 0;
    if (typeof value === 'number') return value;
    throw new Refusal(409, `transfer: ${key} is not a number`);
  };
  const [f, key] = operation;
  switch (f) {
    case 'get':
      return get(key);
    case 'scan':
      return [...new Map([...state, ...changes])].flatMap(([each, value]) =>
        value !== undefined && each.startsWith(key) ? [[each, value]] : [],
      );
    case 'put':
      changes.set(key, operation[2]);
      return null;
    case 'delete':
      changes.set(key, undefined);
      return null;
    case 'cas':
      if (!isDeepStrictEqual(get(key), operation[2])) {
        throw new Refusal(409, `cas of ${key}: found ${JSON.stringify(get(key))}`);
      }
      changes.set(key, operation[3]);
      return null;
    case 'append': {
      const list = get(key) ?? [];
      if (!Array.isArray(list)) throw new Refusal(409, `append to ${key}: it is not a list`);
      changes.set(key, [...(list as readonly Value[]), operation[2]]);
      return null;
    }
    case 'transfer': {
      const [, , to, amount] = operation;
      if (balance(key) < amount) throw new Refusal(409, `transfer from ${key}: it has less than ${amount}`);
      changes.set(key, balance(key) - amount);
      changes.set(to, balance(to) + amount);
      return null;
    }
  }
}

/** A list of operations as it comes from a client; throws a Refusal that says what is wrong with it. */
export function parseOperations(text: string): Operation[] {
  let body: unknown;
  try {
    // To text and back: what 1e400 and -0 are in the log is what they are in the state.
    body = JSON.parse(JSON.stringify(JSON.parse(text)));
  } catch (error) {
    throw new Refusal(400, (error as Error).message);
  }
  if (!Array.isArray(body) || body.length === 0 || body.length > maxOperations) {
    throw new Refusal(400, `a transaction is a list of 1 to ${maxOperations} operations`);
  }
  const wrong = body.findIndex((operation) => !isOperation(operation));
  if (wrong >= 0)
    throw new Refusal(400, `operation ${wrong} is not one: ${JSON.stringify(body[wrong]).slice(0, 100)}`);
  return body as Operation[];
}

function isOperation(value: unknown): value is Operation {
  if (!Array.isArray(value)) return false;
  const [f, key, third, fourth] = value as unknown[];
  if (typeof f !== 'string' || typeof key !== 'string') return false;
  if (!Object.hasOwn(lengths, f) || value.length !== lengths[f as keyof typeof lengths]) return false;
  return (
    f !== 'transfer' || (typeof third === 'string' && Number.isSafeInteger(fourth) && (fourth as number) >= 0)
  );
}
