/** SCRAM, the client's side (RFC 5802 §3 and §5, RFC 7677). */
import { Buffer } from 'node:buffer';
import { decodeUtf8, encodeBase64 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  type ClientOptions,
  type ClientScript,
  finish,
  more,
  type PasswordCredentials,
} from './client-exchange.ts';
import { equalOctets } from './constant-time.ts';
import { failure } from './failure.ts';
import { type BindingFlag, writeGs2Header } from './gs2-header.ts';
import { bindingTypes, type ScramName } from './mechanism.ts';
import { prepared } from './saslprep.ts';
import { clientKeyOf, digest, hmac, saltedPassword, serverKeyOf } from './scram-keys.ts';
import {
  hashOf,
  nonceSize,
  readServerFinal,
  readServerFirst,
  writeClientFinalWithoutProof,
  writeClientFirst,
  xor,
} from './scram-message.ts';

export function scramClient(
  mechanism: ScramName,
): (credentials: PasswordCredentials, options: ClientOptions) => ClientScript {
  const hash = hashOf(mechanism);
  return function* scram(credentials, options) {
    const name = prepared(credentials.user);
    const password = prepared(credentials.password.reveal());
    if (name === null || password === null) {
      return failure('malformed', 'name or password cannot be prepared');
    }
    const bound = binding(mechanism, options);
    if (bound === null) return failure('channel-binding', 'the connection has no such channel binding');

    const header = writeGs2Header(bound.flag, credentials.authzid);
    const nonce = encodeBase64(options.random(nonceSize));
    const clientFirst = writeClientFirst({ name, nonce });
    const serverFirst = decodeUtf8(yield more(Buffer.from(header + clientFirst, 'utf8'))) ?? '';
    const offer = readServerFirst(serverFirst);
    if (offer === null) return failure('malformed', 'server-first-message');
    // RFC 5802 §5.1: the server must add to the nonce, or an old exchange could be played again.
    if (!offer.nonce.startsWith(nonce) || offer.nonce === nonce) {
      return failure('untrusted', "the server's nonce does not extend ours");
    }
    const { minIterations = 4096, maxIterations = 1_000_000 } = options;
    if (offer.iterations < minIterations || offer.iterations > maxIterations) {
      return failure('untrusted', `${offer.iterations} iterations`);
    }

    const withoutProof = writeClientFinalWithoutProof(
      Buffer.concat([Buffer.from(header, 'utf8'), bound.data]),
      offer.nonce,
    );
    const authMessage = `${clientFirst},${serverFirst},${withoutProof}`;
    const salted = saltedPassword(hash, password, offer.salt, offer.iterations);
    const clientKey = clientKeyOf(hash, salted);
    const proof = xor(clientKey, hmac(hash, digest(hash, clientKey), authMessage));
    const serverFinal = decodeUtf8(yield more(Buffer.from(`${withoutProof},p=${encodeBase64(proof)}`)));

    const verdict = readServerFinal(serverFinal ?? '');
    if (verdict === null) return failure('malformed', 'server-final-message');
    if ('error' in verdict) return failure('refused', 'the server sent an error in place of its proof');
    if (!equalOctets(verdict.verifier, hmac(hash, serverKeyOf(hash, salted), authMessage))) {
      return failure('untrusted', 'the server does not know the password');
    }
    return yield* finish(new Uint8Array(0));
  };
}

/** What to say about channel binding (RFC 5802 §6), and the octets bound to; `null` where -PLUS cannot be. */
function binding(
  mechanism: ScramName,
  options: ClientOptions,
): { readonly flag: BindingFlag; readonly data: Bytes } | null {
  const types = bindingTypes(options.tls ?? null);
  if (mechanism.endsWith('-PLUS')) {
    const name = options.channelBinding ?? types[0];
    const data = name && options.tls?.channelBindings?.[name];
    return data ? { flag: { type: 'p', name }, data } : null;
  }
  const plus = `${mechanism}-PLUS`;
  const offered = options.offered.some((other) => other.toUpperCase() === plus);
  return { flag: { type: types.length > 0 && !offered ? 'y' : 'n' }, data: new Uint8Array(0) };
}
