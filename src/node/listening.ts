import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { parseIpAddress } from '../address/index.ts';
import type { PeerAddress } from '../machine/index.ts';
import { ServerMisuse } from './server-misuse.ts';
import type { ListenOn } from './settings.ts';

/** One open listener. */
export interface Listening {
  readonly address: PeerAddress;
  /** Accepts no more; resolves when the last of its connections is closed. */
  close(): Promise<void>;
}

/**
 * Listens.
 *
 * @param accept is given each connection
 * @param fail is told when accepting fails later on, for want of file descriptors say
 * @throws (as a rejection) the system's error, with its `code`: `EADDRINUSE`, `EACCES`, ...
 */
export async function listenOn(
  on: ListenOn,
  accept: (socket: Socket) => void,
  fail: (error: Error) => void,
): Promise<Listening> {
  if ((on.port === undefined) === (on.path === undefined)) {
    throw new ServerMisuse('BAD_LISTENER', 'a listener has either a port or a path');
  }
  const { port, host, path, backlog } = on;
  const where: ListenOptions = {
    ...(path === undefined ? { port } : { path }),
    ...(host !== undefined && { host }),
    ...(backlog !== undefined && { backlog }),
  };
  // Clients that close their side after QUIT, or after DATA, are still to hear the reply.
  const server = createServer({ allowHalfOpen: true, noDelay: path === undefined }, accept);
  server.listen(where);
  await once(server, 'listening');
  server.on('error', fail);
  return {
    address: addressOf(server),
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** Takes away a Unix socket at which nobody answers: its process ended without doing so. */
export async function removeLeftBehind(path: string): Promise<void> {
  // A file that is no socket refuses connections too.
  const isSocket = await lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
  if (!isSocket) return;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') await unlink(path);
  } finally {
    socket.destroy();
  }
}

function addressOf(server: Server): PeerAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return { family: 'unix', path: bound ?? '' };
  const ip = parseIpAddress(bound.address);
  return { family: ip?.family ?? 'ipv6', address: ip?.address ?? bound.address, port: bound.port };
}
