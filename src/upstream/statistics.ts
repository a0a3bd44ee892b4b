/** What a proxy counts. */
import { isPositive, type MessageVerdict, type Verdict } from '../smtp/index.ts';
import type { Permits } from './permits.ts';

/** Permits at present. */
export interface PermitCounters {
  /** Held. */
  readonly inUse: number;
  /** Who wait for one. */
  readonly waiting: number;
  readonly limit: number;
}

/** One account at present. */
export interface AccountCounters extends PermitCounters {
  /** Connections to the provider, those that are being opened or closed counted. */
  readonly connections: number;
  /** Of these, those that wait for work. */
  readonly idle: number;
}

/** Verdicts on messages since the start; with LMTP, each recipient has one. */
export interface VerdictCounters {
  /** 2yz. */
  readonly accepted: number;
  /** 4yz: the client keeps the message. */
  readonly deferred: number;
  /** 5yz. */
  readonly refused: number;
  /** The client went away before there was a verdict, or took the message back. */
  readonly abandoned: number;
}

/** Plain numbers, for whoever watches. */
export interface UpstreamStatistics {
  readonly verdicts: VerdictCounters;
  /** Octets of messages that were accepted. */
  readonly octetsAccepted: number;
  /** Sessions with providers since the start. */
  readonly sessions: { readonly opened: number; readonly failed: number };
  /** Messages on their way, of all accounts. */
  readonly messages: PermitCounters;
  /** Octets of memory for messages. */
  readonly octets: PermitCounters;
  /** Accounts that were used since the start, by `id`. */
  readonly accounts: Readonly<Record<string, AccountCounters>>;
}

/** The numbers of one set of permits. */
export function permitCounters({ inUse, waiting, limit }: Permits): PermitCounters {
  return { inUse, waiting, limit };
}

/** What a proxy has done, counted. */
export class Deeds {
  readonly verdicts = { accepted: 0, deferred: 0, refused: 0, abandoned: 0 };
  readonly sessions = { opened: 0, failed: 0 };
  octetsAccepted = 0;

  /**
   * A message of so many octets was decided.
   *
   * @param gone - nobody is there any more to hear it
   */
  decided(verdict: MessageVerdict, octets: number, gone: boolean): void {
    const each: readonly Verdict[] = isList(verdict) ? verdict : [verdict];
    const accepted = each.filter((one) => one === undefined || isPositive(one)).length;
    const refused = each.filter((one) => one !== undefined && one.code >= 500).length;
    if (accepted === 0 && gone) {
      this.verdicts.abandoned += 1;
      return;
    }
    this.verdicts.accepted += accepted;
    this.verdicts.refused += refused;
    this.verdicts.deferred += each.length - accepted - refused;
    if (accepted > 0) this.octetsAccepted += octets;
  }
}

function isList(verdict: MessageVerdict): verdict is readonly Verdict[] {
  return Array.isArray(verdict);
}
