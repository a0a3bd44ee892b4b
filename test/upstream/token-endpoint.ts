/** A token endpoint for tests: it records what it is asked, and answers as it is told. */
import { Buffer } from 'node:buffer';
import type { PostForm } from 'mailwright/upstream';
import type { WebResponse } from 'mailwright/web';

/** What an endpoint says: a status with a JSON value or a text, or an error of the network. */
export interface Said {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error?: Error;
}

export class TokenEndpoint {
  /** The forms that were posted. */
  readonly asked: Readonly<Record<string, string>>[] = [];
  readonly headers: Readonly<Record<string, string>>[] = [];
  /** What it says next; the last is said for ever. `null`: nothing at all. */
  says: (Said | null)[];
  readonly #until: () => Promise<void>;

  /** @param until - each answer waits for it */
  constructor(says: (Said | null)[] = [{}], until: () => Promise<void> = async () => {}) {
    this.says = says;
    this.#until = until;
  }

  readonly post: PostForm = async (_, { body, headers, signal }): Promise<WebResponse> => {
    this.asked.push(Object.fromEntries(new URLSearchParams(body)));
    this.headers.push(headers);
    const said = this.says.length > 1 ? this.says.shift() : this.says[0];
    if (said === null || said === undefined) {
      return await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }
    await this.#until();
    if (said.error !== undefined) throw said.error;
    const number = this.asked.length;
    const granted = { access_token: `token-${number}`, token_type: 'Bearer', expires_in: 3600 };
    const text = typeof said.body === 'string' ? said.body : JSON.stringify(said.body ?? granted);
    return {
      status: said.status ?? 200,
      headers: { get: (name) => said.headers?.[name] ?? null },
      body: (async function* () {
        yield Buffer.from(text);
      })(),
    };
  };
}
