/** Clients against a server that answers HTTP as it is told to: what becomes of an op for each kind of answer. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SpacetimedbClient } from './client.ts';
import type { Way } from './client.ts';
import { Database } from './database.ts';

const timeoutMs = 20_000;
const bySql: Way = { via: 'sql', confirmed: undefined, barrierAfterCall: false };
const byCall: Way = { ...bySql, via: 'call' };

interface Asked {
  readonly url: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly socket: unknown;
}

let server: Server;
let port: number;
let asked: Asked[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { url = '', headers, socket } = request;
      asked.push({ url, body, authorization: headers.authorization, socket });
      answer(request, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const client = (way = bySql): SpacetimedbClient =>
  new SpacetimedbClient(new Database(port, 'secret'), way, 'set');
const answering = (status: number, body: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status).end(body);
};
const rows = (values: unknown, inserted = 0): string =>
  JSON.stringify([{ schema: {}, rows: values, stats: { rows_inserted: inserted } }]);

describe('a client', () => {
  test('adds by SQL, as the owner of the database', async () => {
    answer = answering(200, rows([], 1));
    expect(await client().invoke({ f: 'add', value: 17 }, timeoutMs)).toEqual({ type: 'ok' });
    expect(asked).toMatchObject([
      {
        url: '/v1/database/powercut/sql',
        body: "INSERT INTO elements (seq, value, tag) VALUES (0, 17, 'powercut-set-000000017;')",
        authorization: 'Bearer secret',
      },
    ]);
  });

  test('adds by a call of a reducer', async () => {
    answer = answering(200, '');
    expect(await client(byCall).invoke({ f: 'add', value: 17 }, timeoutMs)).toEqual({ type: 'ok' });
    expect(asked).toMatchObject([
      { url: '/v1/database/powercut/call/insert_element', body: '[17,"powercut-set-000000017;"]' },
    ]);
  });

  test('waits for a call to be durable by a confirmed read', async () => {
    answer = answering(200, rows([]));
    const way: Way = { via: 'call', confirmed: 'true', barrierAfterCall: true };
    expect(await client(way).invoke({ f: 'add', value: 17 }, timeoutMs)).toEqual({ type: 'ok' });
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/database/powercut/call/insert_element',
      '/v1/database/powercut/sql?confirmed=true',
    ]);
  });

  test('reads everything in the order of its sequence, over one connection', async () => {
    const reader = client();
    answer = answering(
      200,
      rows([
        [2, 30, 'b'],
        [1, 20, 'a'],
        [4097, 10, 'c'],
      ]),
    );
    for (let again = 0; again < 3; again++)
      expect(await reader.invoke({ f: 'read' }, timeoutMs)).toEqual({ type: 'ok', value: [20, 30, 10] });
    expect(new Set(asked.map(({ socket }) => socket)).size).toBe(1);
    await reader.close();
  });
});

describe('an add', () => {
  test.each([
    [400, 'IndexError: Unique constraint violation'],
    [401, 'TokenError'],
    [404, ''],
    [530, 'cas mismatch'],
  ])('that is refused with %i did not happen', async (status, body) => {
    answer = answering(status, body);
    const { type, error } = await client().invoke({ f: 'add', value: 1 }, timeoutMs);
    expect([type, error]).toEqual(['fail', `${status}: ${body === '' ? 'no message' : body}`]);
  });

  test('that meets an internal error may have happened', async () => {
    answer = answering(500, 'error starting database');
    const completion = await client().invoke({ f: 'add', value: 1 }, timeoutMs);
    expect(completion).toEqual({ type: 'info', error: '500: error starting database' });
  });

  test('whose connection is lost may have happened', async () => {
    answer = (request) => request.socket.destroy();
    expect(await client().invoke({ f: 'add', value: 1 }, timeoutMs)).toMatchObject({ type: 'info' });
  });

  test('that finds nobody listening did not happen', async () => {
    await new Promise((closed) => server.close(closed));
    expect(await client().invoke({ f: 'add', value: 1 }, timeoutMs)).toMatchObject({ type: 'fail' });
  });

  test('that is not answered in time may have happened, and its client is of no use any more', async () => {
    answer = () => undefined;
    const silent = client();
    expect(await silent.invoke({ f: 'add', value: 1 }, 50)).toEqual({ type: 'info', error: 'timeout' });
    expect(await silent.invoke({ f: 'add', value: 2 }, timeoutMs)).toMatchObject({ type: 'fail' });
    expect(asked).toHaveLength(1);
  });

  test('of a row that the server did not insert is no success', async () => {
    answer = answering(200, rows([], 0));
    expect(await client().invoke({ f: 'add', value: 1 }, timeoutMs)).toMatchObject({ type: 'info' });
  });

  test('whose confirmation fails may have happened, whatever the answer to it', async () => {
    answer = (request, response) =>
      answering(request.url?.includes('/call/') ? 200 : 400, '')(request, response);
    const way: Way = { via: 'call', confirmed: 'true', barrierAfterCall: true };
    expect(await client(way).invoke({ f: 'add', value: 1 }, timeoutMs)).toMatchObject({ type: 'info' });
  });

  test.each(['x', -1, 1.5, null])('of %j is refused unsent', async (value) => {
    expect(await client().invoke({ f: 'add', value }, timeoutMs)).toMatchObject({ type: 'fail' });
    expect(asked).toEqual([]);
  });
});
