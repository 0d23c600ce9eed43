/**
 * PostgreSQL's own check of its files: pg_amcheck (tables, TOAST, B-trees and their agreement) where the server has the
 * extension, a full dump elsewhere; and every row's tag, because a row can be well-formed and hold bytes that were never
 * written there.
 */
import { join } from 'node:path';
import type { Machine } from '../../machine/machine.ts';
import { isExecutable } from '../../machine/tools.ts';
import { needleOf } from '../needle.ts';
import type { Integrity } from '../target.ts';
import { messageOf, selectAll } from './client.ts';
import { databaseName, host, Session, superuser } from './session.ts';
import type { Login, Row } from './session.ts';

const timeoutMs = 120_000;
const maxLines = 20;

interface Check {
  readonly program: string;
  readonly args: readonly string[];
}

const amcheck: Check = { program: 'pg_amcheck', args: ['--heapallindexed', '--database', databaseName] };
const dump: Check = { program: 'pg_dump', args: ['--file', '/dev/null', '--dbname', databaseName] };

export async function checkIntegrity(
  machine: Machine,
  binaries: string,
  login: Login,
  workload: string,
): Promise<Integrity> {
  const methods = ['the tag of every row'];
  const lines: string[] = [];
  try {
    const { rows, hasAmcheck } = await readAll(login);
    lines.push(...wrongTags(rows, workload));
    const checks = [...(hasAmcheck ? [amcheck] : []), dump];
    const check = checks.find(({ program }) => isExecutable(join(binaries, program)));
    if (check !== undefined) {
      methods.unshift([check.program, ...check.args].join(' '));
      lines.push(...(await complaints(machine, binaries, login, check)));
    }
  } catch (error) {
    lines.push(messageOf(error));
  }
  return { ok: lines.length === 0, method: methods.join(', '), lines: lines.slice(0, maxLines) };
}

async function readAll(login: Login): Promise<{ rows: readonly Row[]; hasAmcheck: boolean }> {
  const session = await Session.open(login, timeoutMs);
  try {
    const rows = await session.query(selectAll, timeoutMs);
    const extension = await session.query("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'", timeoutMs);
    return { rows, hasAmcheck: extension.length > 0 };
  } finally {
    await session.close();
  }
}

function wrongTags(rows: readonly Row[], workload: string): string[] {
  return rows
    .filter((row) => row['tag'] !== needleOf(workload, row['value']))
    .map((row) => `row ${String(row['value'])} has the tag ${JSON.stringify(row['tag'])}`);
}

async function complaints(machine: Machine, binaries: string, login: Login, check: Check): Promise<string[]> {
  const { code, stdout, stderr } = await machine.run(
    join(binaries, check.program),
    ['--host', host, '--port', String(login.port), '--username', superuser, '--no-password', ...check.args],
    { cwd: '/', env: { PGPASSWORD: login.password }, timeoutMs },
  );
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  if (code === 0) return [];
  return said.length > 0 ? said : [`${check.program} ended with code ${code}`];
}
