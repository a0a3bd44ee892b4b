/**
 * What servers say, in lower case, with what they mean by it. Plain parts of texts, divided by `|`; the first
 * that is found decides, so that what is more particular stands before what is more general.
 */
import type { BounceReason } from './reasons.ts';

const table: readonly (readonly [reason: BounceReason, said: string])[] = [
  ['greylisted', 'greylist|graylist|grey-list|gray-list|grey list|gray list'],
  ['loop', 'too many hops|mail loop|routing loop|loops back|hop count|is looping'],
  [
    'rate',
    'rate limit|rate-limit|ratelimit|throttl|too fast|too quickly|too many|unusual rate|at a rate|' +
      'sending limit|sending quota|daily quota|hourly|message quota|per hour|per day|per minute|' +
      'connection limit|concurrent connections|user complaints',
  ],
  [
    'sender',
    'sender address rejected|sender rejected|sender verify failed|sender domain|invalid sender|' +
      "domain of sender|sender's domain|envelope sender|mail from address",
  ],
  [
    'expired',
    'delivery time expired|message expired|retry timeout exceeded|retry time exceeded|' +
      'in the queue too long|in queue too long|queue for too long|maximum queue time|given up',
  ],
  [
    'blocked',
    'blacklist|black list|black-list|blocklist|block list|block-list|denylist|dnsbl|blocked using|' +
      'blocked by|spamhaus|spamcop|barracudacentral| rbl|reputation|is listed|listed in|listed by|' +
      'listed on|your ip|your host|your network|banned',
  ],
  [
    'auth',
    'dmarc|dkim|spf |spf:|spf-|(spf)|sender policy framework|unauthenticated|not authenticated|' +
      'authentication|auth required|must authenticate|reverse dns|ptr record|rdns|no ptr|reverse lookup|' +
      'reverse hostname|helo',
  ],
  ['spam', 'spam|unsolicited|junk|bulk mail|phish|scam'],
  ['content', 'virus|malware|infected|attachment|executable'],
  [
    'too-large',
    'too large|too big|size limit|message size|maximum size|exceeds size|size exceeds|message length|' +
      'maximum message|exceeds fixed',
  ],
  [
    'mailbox-full',
    'quota|mailbox full|mailbox is full|mailbox size|mailbox limit|inbox is full|box full|' +
      'out of storage|storage space|storage allocation|exceeded storage|no space left in',
  ],
  [
    'disabled',
    'disabled|inactive|deactivated|suspended|not active|no longer active|no longer in use|' +
      'no longer with|account locked|account is locked|account expired|account has expired|' +
      'closed account|account closed|account has been closed|mailbox closed|mailbox is closed|dormant|' +
      'abandoned',
  ],
  ['moved', 'has moved|user moved|has changed address|new address'],
  [
    'dns',
    'temporary lookup|lookup failure|lookup failed|try again, dns|servfail|dns timeout|dns error|' +
      'host not found, try again|temporary failure in name|could not be resolved|dns server',
  ],
  [
    'no-such-domain',
    'domain not found|no such domain|unknown domain|domain unknown|host not found|host unknown|' +
      "unknown host|nxdomain|domain does not exist|domain doesn't exist|does not accept mail|" +
      'accepts no mail|null mx|nullmx|unrouteable mail domain|unrouteable domain|no mx|bad domain|' +
      'name or service not known|no such host|domain name not found',
  ],
  [
    'relaying',
    'relay access|relaying|relay not|not permitted to relay|relay denied|not relay|to relay|no relay',
  ],
  [
    'no-such-user',
    'user unknown|unknown user|no such user|nosuchuser|user not found|user not exist|unknown local|' +
      'no such recipient|recipient unknown|unknown recipient|recipient not found|recipient does not|' +
      'no such mailbox|no mailbox|mailbox not found|mailbox unknown|unknown mailbox|mailbox unavailable|' +
      'invalid recipient|invalid mailbox|invalid user|invalid address|bad destination mailbox|' +
      'unknown address|address unknown|addressee unknown|address not found|undeliverable address|' +
      "does not exist|doesn't exist|not exist|nonexist|non-exist|no such address|no such person|" +
      'no account|account not found|no such account|unknown account|not our customer|no local user|' +
      'not a known user|not a valid user|not a valid mailbox|not a valid recipient|not known here|' +
      "no longer valid|does not have an account|doesn't have a|unrouteable address|unroutable address|" +
      'not found in directory|not listed in|user rejected|recipient rejected|recipient address rejected|' +
      'address rejected|no longer available|cannot be delivered to|no users here',
  ],
  ['tls', 'starttls|certificate|encryption required|requiretls|tls handshake|tls required'],
  [
    'connection',
    'timed out|timeout|connection refused|connection reset|connection dropped|connection lost|' +
      'lost connection|connection closed|network is unreachable|network unreachable|no route to host|' +
      "host unreachable|host is unreachable|unable to connect|couldn't connect|could not connect|" +
      'not responding|did not respond|no answer|connect to',
  ],
  [
    'content',
    'message content|content reject|content policy|content filter|content restriction|malformed|' +
      'bare line feed|bare lf|rfc 5322|rfc5322|rfc 2822|header|non-compliant|line too long',
  ],
  [
    'policy',
    'policy|not allowed|not authorized|not permitted|prohibited|administrative|access denied|blocked|' +
      'restricted|refused|not accepted|not accepting|denied|rejected by|permission',
  ],
  [
    'system',
    'unavailable|not available|internal error|server error|local error|local problem|system|' +
      'configuration error|misconfigured|resources|insufficient|disk full|overloaded|too busy|' +
      'server busy|try again|try later|temporary|deferred',
  ],
];

export const phrases: readonly (readonly [reason: BounceReason, phrases: readonly string[]])[] = table.map(
  ([reason, said]) => [reason, said.split('|')],
);
