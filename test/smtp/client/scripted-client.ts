/** A driver for transcripts of the client machine: it sends the messages it was made with, one after another. */

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TlsInfo } from 'mailwright/machine';
import {
  type RecipientResult,
  type SmtpClientEvent,
  SmtpClientMachine,
  type SmtpClientOptions,
  type SmtpFailure,
  type SmtpTransaction,
} from 'mailwright/smtp';
import { runTranscripts, type TranscriptSubject } from 'mailwright/testing';
import { counting } from '../scripted-host.ts';
import { type Mail, tls } from './back-to-back.ts';

/** What a transcript is run with. */
export interface Script {
  readonly client?: Partial<SmtpClientOptions>;
  /** TLS from the first octet. */
  readonly tls?: TlsInfo;
  /** Sent as soon as the machine is ready for each, and fed at once. */
  readonly mails?: readonly Mail[];
}

/** What came of a session. */
export interface Told {
  /** Names of the events in their order. */
  readonly events: readonly string[];
  /** For each transaction the results of its recipients, in words. */
  readonly results: readonly (readonly string[])[];
  /** `undefined` while the session lasts. */
  readonly failure: SmtpFailure | null | undefined;
}

/** `accepted 250`, `refused 550 rcpt`, `failed gone ambiguous`, `postponed`, `unsuitable size`. */
export function worded(result: RecipientResult): string {
  switch (result.result) {
    case 'accepted':
      return `accepted ${result.reply.code}`;
    case 'refused':
      return `refused ${result.reply.code} ${result.stage}`;
    case 'postponed':
      return result.reply === undefined ? 'postponed' : `postponed ${result.reply.code}`;
    case 'unsuitable':
      return `unsuitable ${result.missing}`;
    case 'failed':
      return `failed ${result.failure.why}${result.ambiguous ? ' ambiguous' : ''}`;
  }
}

/** The machine with a driver that does what the events say. */
export class ScriptedClient implements TranscriptSubject<SmtpClientEvent> {
  readonly machine: SmtpClientMachine;
  readonly tls: TlsInfo = tls;
  readonly events: SmtpClientEvent[] = [];
  readonly #mails: Mail[];
  readonly #begun: Mail[] = [];

  constructor(script: Script) {
    const options = { hostname: 'client.example', random: counting, ...script.client };
    this.machine = new SmtpClientMachine(options, script.tls === undefined ? {} : { tls: script.tls });
    this.#mails = [...(script.mails ?? [])];
  }

  nameOf(event: SmtpClientEvent): string {
    return event.type;
  }

  /** `! ready wait` sends nothing, `! content wait` feeds nothing, `! content fail` gives up halfway. */
  decide(event: SmtpClientEvent, decision: string | undefined): void {
    this.events.push(event);
    if (event.type === 'ready' && decision === undefined) this.#send();
    if (event.type !== 'content' || decision === 'wait') return;
    const { content } = this.#begun.find(({ transaction }) => transaction === event.transaction) as Mail;
    if (decision === 'fail') {
      this.machine.feed(content.subarray(0, content.length / 2));
      this.machine.fail('the disk is gone');
    } else {
      this.machine.feed(content);
      this.machine.finish();
    }
  }

  act(name: string, text: string): void {
    if (name === 'send') this.#send();
    else if (name === 'feed') this.machine.feed(Buffer.from(text));
    else if (name === 'finish') this.machine.finish();
    else if (name === 'fail') this.machine.fail(text);
    else if (name === 'quit') this.machine.quit();
    else if (name === 'abandon') this.machine.abandon();
    else if (name === 'tls-failed') this.machine.tlsFailed(text);
    else throw new Error(`unknown deed ${name}`);
  }

  /** The messages that were given to the machine. */
  get sent(): readonly SmtpTransaction[] {
    return this.#begun.map(({ transaction }) => transaction);
  }

  get told(): Told {
    const results = this.events.flatMap((event) =>
      event.type === 'result' ? [event.result.recipients.map(worded)] : [],
    );
    const close = this.events.find((event) => event.type === 'close');
    return { events: this.events.map(({ type }) => type), results, failure: close?.failure };
  }

  /** All that must not depend on how the input was cut; `ready` and `upgrade` are told when nothing else is there. */
  outcome(): unknown {
    const events = this.events.filter(({ type }) => type !== 'ready' && type !== 'upgrade');
    return { events, server: { ...this.machine.server } };
  }

  #send(): void {
    const mail = this.#mails.shift();
    if (mail === undefined) return;
    this.#begun.push(mail);
    this.machine.send(mail.transaction);
  }
}

/** What a test expects; what is left out does not matter. */
export interface Expectation {
  readonly events?: readonly string[];
  readonly results?: readonly (readonly string[])[];
  /** `why stage`, or `null` for a good end. */
  readonly failure?: string | null;
}

/** A test of one transcript (whole, octet by octet, cut at every place), and of what came of it. */
export function transcript(name: string, script: Script, text: string, expected: Expectation = {}): void {
  test(name, async () => {
    const clients: ScriptedClient[] = [];
    await runTranscripts(
      text,
      () => {
        const client = new ScriptedClient(script);
        clients.push(client);
        return client;
      },
      'client',
    );
    const { events, results, failure } = (clients[0] as ScriptedClient).told;
    if (expected.events !== undefined) assert.deepEqual(events, expected.events);
    if (expected.results !== undefined) assert.deepEqual(results, expected.results);
    if (expected.failure === undefined) return;
    assert.equal(failure && `${failure.why} ${failure.stage}`, expected.failure);
  });
}
