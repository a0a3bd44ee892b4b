/**
 * Several processes on one port, seen from a worker (`crew.ts` is the primary's side).
 *
 * A primary listens for all; workers run the host's own entry script once more, with the same
 * arguments, and are handed the connections in turn (`node:cluster`). So the same lines run in both
 * kinds of process: in the primary, a server opens nothing but starts the workers and waits until each
 * listens. Whatever else the script does, it does in every process; where that matters, it asks
 * {@link workerNumber}.
 */
import { Buffer } from 'node:buffer';
import cluster from 'node:cluster';
import type { Bytes, PeerAddress } from '../machine/index.ts';

/** In the environment of a worker. */
export const numberVariable = 'MAILWRIGHT_WORKER';
export const ticketVariable = 'MAILWRIGHT_TICKET_KEYS';

/** Which server of the script, in the order in which they were made, and which `listen` of it. */
export type ListenKey = `${number}.${number}`;

/** What a worker tells the primary: how a `listen` went. */
export type Report = { readonly mailwright: ListenKey } & (
  | { readonly addresses: readonly PeerAddress[] }
  | { readonly failure: { readonly message: string; readonly code: unknown } }
);

/** What the primary tells a worker: to close all its servers. */
export interface Order {
  readonly mailwright: 'close';
  readonly deadline: number;
}

/** What can be closed in an orderly way. */
export interface Closable {
  close(options: { readonly deadline: number }): Promise<void>;
}

/**
 * Which worker this process is: 1 or more, the same again after a restart; 0 in the primary, and where
 * there are no workers.
 *
 * @example
 * ```ts
 * import { SmtpServer, workerNumber } from 'mailwright/node';
 * import { spoolTo } from 'mailwright/reception';
 * import { mx } from 'mailwright/smtp';
 * import { FileSpool } from 'mailwright/spool';
 *
 * // Each worker has a spool of its own; the primary takes no mail.
 * const number = workerNumber();
 * const handlers = number > 0 ? spoolTo(await FileSpool.open(`./spool/${number}`)) : {};
 * const server = new SmtpServer({ ...mx, hostname: 'mx.example.org', workers: 4, ...handlers });
 * await server.listen(2525);
 * ```
 */
export function workerNumber(): number {
  return cluster.isWorker ? Number(process.env[numberVariable] ?? 0) : 0;
}

/** The ticket keys that the workers have in common; `null` where there are none. */
export function workerTicketKeys(): Bytes | null {
  const hex = workerNumber() > 0 ? process.env[ticketVariable] : undefined;
  return hex === undefined ? null : Buffer.from(hex, 'hex');
}

/** The servers of this worker. */
const servers = new Set<Closable>();

/** Makes a server of this worker known: it closes when the primary says so. */
export function joinCrew(server: Closable): void {
  if (servers.size === 0) process.on('message', obey);
  servers.add(server);
}

/** A server is closed. After the last of them the worker is let go, and ends when nothing else keeps it. */
export function leaveCrew(server: Closable): void {
  if (!servers.delete(server) || servers.size > 0) return;
  process.off('message', obey);
  cluster.worker?.disconnect();
}

/** Tells the primary; one that is gone needs no telling. */
export function tellPrimary(report: Report): void {
  if (process.connected) process.send?.(report);
}

function obey(order: Order): void {
  if (order.mailwright !== 'close') return;
  for (const server of servers) void server.close(order);
}
