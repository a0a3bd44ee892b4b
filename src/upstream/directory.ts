/** Which account a submission goes out with. */
import { domainKey, type Mailbox, parseMailbox, type ReversePath } from '../address/index.ts';
import type { MaybePromise } from '../users/index.ts';
import type { Account } from './account.ts';
import { checkLimits, UpstreamMisuse } from './misuse.ts';

/** What is known of a submission when its account is looked for. */
export interface Submission {
  /** Who logged in. */
  readonly user: string;
  /** The reverse path; `null` for notifications (RFC 5321 §4.5.5). */
  readonly from: ReversePath;
}

/**
 * Where accounts are kept: a file, a database, a directory.
 *
 * It gives the account that this user is to send this mail with, or `undefined` where he may send no such
 * mail (RFC 6409 §6.1). As long as an account does not change, it gives the same object. Asked once for each
 * message: answer without a Promise where you can.
 */
export interface AccountDirectory {
  find(submission: Submission): MaybePromise<Account | undefined>;
}

/** A user's accounts by what they are chosen by. */
interface Choice {
  readonly byAddress: Map<string, Account>;
  readonly byDomain: Map<string, Account>;
  any: Account | undefined;
  first: Account | undefined;
}

/**
 * Accounts in memory. Among those of the user, the first wins that names the sender's address, then one that
 * names its domain, then one that names neither; the null sender gets the user's first account. Local parts
 * are compared without regard to case, as providers do.
 *
 * @throws UpstreamMisuse `BAD_ACCOUNT` when two have one `id`, or an address or sender is none; `BAD_LIMIT`
 *
 * @example
 * ```ts
 * import { Secret } from 'mailwright/machine';
 * import { memoryAccounts } from 'mailwright/upstream';
 *
 * const accounts = memoryAccounts([
 *   {
 *     id: 'sales',
 *     users: ['crm'],
 *     domains: ['example.com'],
 *     provider: { host: 'smtp.gmail.com', port: 465, tls: 'implicit' },
 *     user: 'sales@example.com',
 *     grant: {
 *       endpoint: 'https://oauth2.googleapis.com/token',
 *       clientId: 'client.apps.example',
 *       clientSecret: new Secret('...'),
 *       refreshToken: new Secret('...'),
 *     },
 *   },
 * ]);
 * accounts.find({ user: 'crm', from: { localPart: 'tim', domain: 'example.com' } }); // the account
 * accounts.find({ user: 'crm', from: { localPart: 'tim', domain: 'example.org' } }); // undefined
 * ```
 */
export function memoryAccounts(accounts: readonly Account[]): AccountDirectory {
  const ids = new Set<string>();
  const choices = new Map<string, Choice>();
  for (const account of accounts) {
    if (ids.has(account.id)) throw new UpstreamMisuse('BAD_ACCOUNT', `two accounts are named ${account.id}`);
    ids.add(account.id);
    if (account.sender !== undefined) mailboxOf(account.sender);
    checkLimits({ ...account.limits });
    for (const user of account.users) index(choiceOf(choices, user), account);
  }
  return {
    find({ user, from }) {
      const choice = choices.get(user);
      if (choice === undefined || from === null) return choice?.first;
      return choice.byAddress.get(keyOf(from)) ?? choice.byDomain.get(domainKey(from.domain)) ?? choice.any;
    },
  };
}

function choiceOf(choices: Map<string, Choice>, user: string): Choice {
  let choice = choices.get(user);
  if (choice === undefined) {
    choice = { byAddress: new Map(), byDomain: new Map(), any: undefined, first: undefined };
    choices.set(user, choice);
  }
  return choice;
}

function index(choice: Choice, account: Account): void {
  const { addresses, domains } = account;
  choice.first ??= account;
  if (addresses === undefined && domains === undefined) choice.any ??= account;
  for (const address of addresses ?? []) addFirst(choice.byAddress, keyOf(mailboxOf(address)), account);
  for (const domain of domains ?? []) addFirst(choice.byDomain, domainKey(domain), account);
}

function addFirst(map: Map<string, Account>, key: string, account: Account): void {
  if (!map.has(key)) map.set(key, account);
}

function keyOf({ localPart, domain }: Mailbox): string {
  return `${localPart.toLowerCase()}@${domainKey(domain)}`;
}

function mailboxOf(address: string): Mailbox {
  const parsed = parseMailbox(address, { utf8: true });
  if (!parsed.ok) throw new UpstreamMisuse('BAD_ACCOUNT', `not an address: ${JSON.stringify(address)}`);
  return parsed.mailbox;
}
