/** Ports on loopback. Between the look and the server's bind another program may take it: the server's word is the last. */
import { createServer } from 'node:net';

const loopback = '127.0.0.1';

/** A port that is free now; `wanted` itself, or `undefined` if it is taken. */
export function freePort(wanted: number | 'auto'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(wanted === 'auto' ? 0 : wanted, loopback, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(port));
    });
  });
}
