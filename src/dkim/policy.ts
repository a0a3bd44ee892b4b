/** What a receiver accepts beyond what the RFCs settle. */

/** Which signatures that fit are acceptable all the same; the others get the status `policy`. */
export interface DkimPolicy {
  /** Fewest bits of an RSA key, 1024 by default (RFC 8301 §3.2). */
  readonly rsaBits?: number;
  /** Accept rsa-sha1, which nobody may use any more (RFC 8301 §3.1). Default false. */
  readonly sha1?: boolean;
  /**
   * Accept `l=` where the body goes on after what is signed: anybody can add to such a message
   * (RFC 6376 §8.2). Default false.
   */
  readonly unsignedBody?: boolean;
  /** Read signatures in the form of drafts before RFC 4871, as old archives hold them. Default false. */
  readonly drafts?: boolean;
  /** Seconds by which clocks may differ, for `x=` and for `t=` in the future. Default 300. */
  readonly clockSkew?: number;
}
