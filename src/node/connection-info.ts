import type { Socket } from 'node:net';
import { parseIpAddress } from '../address/index.ts';
import type { ConnectionInfo, PeerAddress } from '../machine/index.ts';

/**
 * The two ends of a socket: IPv4-mapped IPv6 addresses as IPv4 (RFC 4291 §2.5.5.2), zones cut off.
 *
 * A Unix socket has no address of its own that Node would tell; `unixPath`, the path that its server
 * listens on, stands for both ends. So does `''` for a socket that is gone already.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:net';
 * import { connectionInfo } from 'mailwright/node';
 *
 * createServer((socket) => console.log(connectionInfo(socket).remote)).listen(2525);
 * ```
 */
export function connectionInfo(socket: Socket, unixPath = ''): ConnectionInfo {
  return {
    remote: endOf(socket.remoteAddress, socket.remotePort, unixPath),
    local: endOf(socket.localAddress, socket.localPort, unixPath),
  };
}

function endOf(text: string | undefined, port: number | undefined, unixPath: string): PeerAddress {
  const ip = text === undefined ? null : parseIpAddress(text);
  return ip === null ? { family: 'unix', path: unixPath } : { ...ip, port: port ?? 0 };
}
