/**
 * The driver protocol: one JSON object a line, requests on a driver's stdin, replies on its stdout, matched by id. This file
 * is its vocabulary and its parser; docs/driver-protocol.md is the page for people. Pure; what a driver prints is never
 * trusted, and what is wrong with it is told in a clause that completes "the driver …".
 */
import type { Json } from '../../checkers/history.ts';
import type { Settings } from '../target.ts';

/** Sent in each hello, so that a driver can refuse what it does not speak. */
export const protocolVersion = 1;

/** A reply longer than this is garbage: a million elements fit well below. */
export const maxLineLength = 64 * 1024 * 1024;

export interface Request {
  readonly f: string;
  readonly value?: Json;
}

export interface HelloRequest extends Request {
  readonly f: 'hello';
  readonly protocol: number;
  readonly workload: string;
  readonly settings: Settings;
}

export interface Reply {
  readonly id: number;
  readonly type: 'ok' | 'fail' | 'info';
  readonly value?: Json;
  readonly error?: string;
  /** Everything that was in the reply, for hello and verify, which have fields of their own. */
  readonly fields: JsonObject;
}

export type JsonObject = { readonly [key: string]: Json };

export function hello(workload: string, settings: Settings): HelloRequest {
  return { f: 'hello', protocol: protocolVersion, workload, settings };
}

export function formatRequest(id: number, request: Request): string {
  return `${JSON.stringify({ id, ...request })}\n`;
}

/** The reply in a line, or what is wrong with it. */
export function parseReply(line: string): Reply | { readonly wrong: string } {
  const fields = parseObject(line);
  if (fields === undefined) {
    return {
      wrong: `printed a line that is not a JSON object: ${quote(line)} (stdout is for replies; print all else on stderr)`,
    };
  }
  const { id, type, value, error } = fields;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
    return { wrong: `sent a reply without the id of a request: ${quote(line)}` };
  }
  if (type !== 'ok' && type !== 'fail' && type !== 'info') {
    return { wrong: `sent a reply whose type is not "ok", "fail" or "info": ${quote(line)}` };
  }
  return {
    id,
    type,
    ...(value === undefined ? {} : { value }),
    ...(error === undefined ? {} : { error: typeof error === 'string' ? error : JSON.stringify(error) }),
    fields,
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A piece of text as sentences show it: on one line, and short. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= 120 ? text : `${text.slice(0, 117)}...`);
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const parsed = JSON.parse(line) as Json;
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
