/**
 * One end of a connection: an IP address and port, or the path of a Unix socket.
 *
 * `address` is an IPv4 or IPv6 address as text without brackets or zone; IPv4-mapped IPv6
 * addresses are given as IPv4.
 */
export type PeerAddress =
  | { readonly family: 'ipv4' | 'ipv6'; readonly address: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string };

/** The two ends of a connection, as the socket or a trusted proxy told them. */
export interface ConnectionInfo {
  readonly remote: PeerAddress;
  readonly local: PeerAddress;
}
