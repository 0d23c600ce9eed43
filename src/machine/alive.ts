/**
 * Whether somebody is at home behind a Unix socket. A socket that listens belongs to a live process, whatever namespaces
 * it is in; the kernel refuses the connection as soon as that process is dead, and pids cannot be mistaken.
 */
import { createConnection, createServer } from 'node:net';
import type { Server } from 'node:net';

const answerTimeoutMs = 1_000;

/** Listens there until closed; does not keep this process alive. Connections are closed at once. */
export async function showAlive(socket: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  return server.unref();
}

/** False only where it is certain that nobody listens. */
export function isAlive(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    const settle = (alive: boolean): void => {
      connection.destroy();
      resolve(alive);
    };
    connection.setTimeout(answerTimeoutMs, () => settle(true));
    connection.once('connect', () => settle(true));
    connection.once('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      settle(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
