/**
 * What a driver's hello says of it: its name, how many processes it wants, what it promises, what it leaves un-synced by
 * design. Pure; a field that makes no sense is an error and never a guess, because verdicts hang on it.
 */
import { strictContract } from '../../checkers/contract.ts';
import type { Contract, JudgedContract } from '../../checkers/contract.ts';
import type { Json } from '../../checkers/history.ts';
import type { Declared, Documented, ExpectedUnsynced } from '../target.ts';
import { isObject, quote } from './protocol.ts';
import type { JsonObject } from './protocol.ts';

export interface Hello extends Declared {
  /** One process that all clients share, or one for each client. */
  readonly processes: 'shared' | 'per-client';
}

/** The hello in the fields of an `ok` reply, or what is wrong with it. */
export function parseHello(fields: JsonObject, driver: string): Hello | { readonly wrong: string } {
  try {
    return {
      name: text(fields, 'name') ?? driver,
      version: text(fields, 'version') ?? 'unknown',
      processes: oneOf(fields['processes'], 'processes', ['shared', 'per-client']) ?? 'shared',
      documented: documentedIn(fields['contract']),
      expectedUnsynced: expectedIn(fields['expectedUnsynced']),
    };
  } catch (error) {
    if (error instanceof Wrong) return { wrong: error.message };
    throw error;
  }
}

export const silentDriver: Documented = {
  ...strictContract,
  reason: 'the driver promises nothing less than everything',
};

class Wrong extends Error {}

function documentedIn(contract: Json | undefined): Documented {
  if (contract === undefined) return silentDriver;
  if (!isObject(contract))
    throw new Wrong(`says in its hello the contract ${show(contract)}, which is not an object`);
  const link = text(contract, 'link');
  const unsafe = text(contract, 'unsafe');
  const kill = killIn(contract['kill']);
  const common = { ...(link === undefined ? {} : { link }), ...(kill === undefined ? {} : { kill }) };
  if (unsafe !== undefined) return { unsafe, ...common };
  return {
    acknowledged: acknowledgedIn(contract['acknowledged']) ?? strictContract.acknowledged,
    order: oneOf(contract['order'], 'order', ['prefix', 'any']) ?? strictContract.order,
    atomic: flag(contract, 'atomic') ?? strictContract.atomic,
    restartable: flag(contract, 'restartable') ?? strictContract.restartable,
    reason: text(contract, 'reason') ?? 'the driver says so in its hello',
    ...common,
  };
}

function killIn(kill: Json | undefined): JudgedContract['kill'] {
  if (kill === undefined) return undefined;
  if (!isObject(kill)) throw new Wrong(`says in its hello the kill ${show(kill)}, which is not an object`);
  return {
    acknowledged: acknowledgedIn(kill['acknowledged']) ?? strictContract.acknowledged,
    order: oneOf(kill['order'], 'order', ['prefix', 'any']) ?? strictContract.order,
  };
}

function acknowledgedIn(value: Json | undefined): Contract['acknowledged'] | undefined {
  if (value === undefined || value === 'all' || value === 'any') return value;
  if (isObject(value) && Object.keys(value).length === 1) {
    const { lossWindowMs, lossLastOps } = value;
    if (isCount(lossWindowMs)) return { lossWindowMs };
    if (isCount(lossLastOps)) return { lossLastOps };
  }
  const known = '"all", "any", {"lossWindowMs": n} or {"lossLastOps": n}';
  throw new Wrong(`says in its hello acknowledged: ${show(value)}, which is none of ${known}`);
}

function expectedIn(value: Json | undefined): readonly ExpectedUnsynced[] {
  if (value === undefined) return [];
  const entries = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return entries.map((entry) => {
    const { glob, harmless, why } = isObject(entry) ? entry : {};
    if (typeof glob === 'string' && typeof harmless === 'boolean' && typeof why === 'string') {
      return { glob, harmless, why };
    }
    throw new Wrong(
      `says in its hello expectedUnsynced: ${show(entry)}, which is not {"glob", "harmless", "why"}`,
    );
  });
}

function text(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new Wrong(`says in its hello ${name}: ${show(value)}, which is not a text`);
}

function flag(fields: JsonObject, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new Wrong(`says in its hello ${name}: ${show(value)}, which is neither true nor false`);
}

function oneOf<Word extends string>(
  value: Json | undefined,
  name: string,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const known = words.map((word) => `"${word}"`).join(' or ');
  throw new Wrong(`says in its hello ${name}: ${show(value)}, which is not ${known}`);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}

function show(value: Json): string {
  const shown = JSON.stringify(value);
  return shown.length <= 120 ? shown : quote(shown);
}
