import { connect } from 'node:net';
import type { Connect } from './fast-fallback.ts';

/** Connects a socket of the system: TCP, or Unix. */
export const connectSocket: Connect = (at, { source, signal }) =>
  new Promise((connected, failed) => {
    const socket =
      at.family === 'unix'
        ? connect({ path: at.path, signal })
        : connect({
            host: at.address,
            port: at.port,
            noDelay: true,
            autoSelectFamily: false,
            signal,
            ...(source !== undefined && { localAddress: source }),
          });
    // It stays: whatever the socket suffers later, its driver sees it close.
    socket.on('error', failed);
    socket.once('connect', () => connected(socket));
  });
