/**
 * MT-PRIORITY (RFC 6710): how urgent a message is.
 *
 *     MT-PRIORITY = "0" / ["-"] %x31-39
 */
import { badParameter, type Extension } from '../extension.ts';

const priority = /^(?:0|-?[1-9])$/;

/** Choices of MT-PRIORITY. */
export interface MtPriorityOptions {
  /** The registered policy that the priorities follow, such as `MIXER` (RFC 6710 §9). Default none. */
  readonly policy?: string;
}

/** Offers `MT-PRIORITY=`. */
export function mtPriority({ policy = '' }: MtPriorityOptions = {}): Extension {
  return {
    keyword: 'MT-PRIORITY',
    lineGrowth: 15,
    advertise: () => policy,
    mail: {
      'MT-PRIORITY'(value, into) {
        if (value === null || !priority.test(value)) return badParameter('MT-PRIORITY');
        into.priority = Number(value);
        return null;
      },
    },
  };
}
