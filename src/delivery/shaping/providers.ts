/**
 * What large providers are known to say to senders who are too fast for them, and what helps: a beginning,
 * as of 2026. Their own pages for postmasters are the source, and change without notice.
 */
import type { ShapingRule } from './limits.ts';
import type { ReplyRule } from './reply-rule.ts';

const google = ['*.google.com', '*.googlemail.com'];
const microsoft = '*.protection.outlook.com';
const yahoo = '*.yahoodns.net';

const minute = 60_000;

/** Limits for large providers, to be put after a host's own: `rules: [...mine, ...providerRules]`. */
export const providerRules: readonly ShapingRule[] = [
  { site: google, concurrency: 20 },
  { site: microsoft, concurrency: 20, each: true },
  { site: yahoo, concurrency: 10 },
];

/** Answers to large providers' replies, to be put after a host's own: `replies: [...mine, ...providerReplies]`. */
export const providerReplies: readonly ReplyRule[] = [
  // One recipient gets too much mail; nobody else is concerned.
  { when: { site: google, code: 450, enhanced: '4.2.1' }, action: { retryAfter: 10 * minute } },
  // An unusual rate of mail from this address.
  { when: { site: google, enhanced: '4.7.28' }, action: { suspend: 15 * minute } },
  { when: { site: google, code: 421, enhanced: '4.7.0' }, action: { suspend: 5 * minute } },
  // "Server busy", and the rate limit of the consumer service.
  { when: { site: microsoft, code: 451, enhanced: '4.7.500' }, action: { slow: 2, for: 30 * minute } },
  { when: { site: microsoft, code: 421, text: 'RP-00' }, action: { suspend: 15 * minute } },
  // Unexpected volume, or complaints of users.
  { when: { site: yahoo, code: 421, text: '[TSS' }, action: { suspend: 30 * minute } },
  { when: { site: yahoo, code: 421, text: '[TS0' }, action: { suspend: 30 * minute } },
];
