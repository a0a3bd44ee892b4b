/** SCRAM, the server's side (RFC 5802 §3 and §5, RFC 7677). */
import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { decodeUtf8, encodeBase64 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import { equalOctets } from './constant-time.ts';
import { type FailureStep, failure } from './failure.ts';
import { type BindingFlag, readGs2Header } from './gs2-header.ts';
import { bindingTypes, obstacle, type ScramHash, type ScramName } from './mechanism.ts';
import { prepared, preparedAuthzid } from './saslprep.ts';
import { defaultIterations, digest, hashSize, hmac, type RawScramKeys, rawScramKeys } from './scram-keys.ts';
import {
  hashOf,
  nonceSize,
  readClientFinal,
  readClientFirst,
  writeServerFirst,
  xor,
} from './scram-message.ts';
import {
  ask,
  challenge,
  firstMessage,
  rejection,
  type ServerOptions,
  type ServerScript,
} from './server-exchange.ts';

export function scramServer(
  mechanism: ScramName,
): (initial: Bytes | null, options: ServerOptions) => ServerScript {
  const hash = hashOf(mechanism);
  return function* scram(initial, options) {
    const header = readGs2Header(decodeUtf8(yield* firstMessage(initial)) ?? '');
    const first = header && readClientFirst(header.rest);
    if (first === null || header === null) return failure('malformed', 'client-first-message');
    const bound = boundData(mechanism, header.flag, options);
    if ('type' in bound) return bound;
    const authcid = prepared(first.name);
    const authzid = preparedAuthzid(header.authzid);
    if (authcid === null || authzid === undefined) return failure('refused', 'name cannot be prepared');

    const answer = yield* ask({ type: 'scramKeys', hash, authcid, authzid });
    if (answer.type === 'temporary') return rejection(answer);
    const keys = answer.type === 'keys' ? rawScramKeys(answer.keys, hash) : decoyKeys(hash, authcid, options);
    if (keys === null) return failure('temporary', `the stored keys are not ${hash} keys`);

    const nonce = first.nonce + encodeBase64(options.random(nonceSize));
    const serverFirst = writeServerFirst({ nonce, salt: keys.salt, iterations: keys.iterations });
    const final = readClientFinal(decodeUtf8(yield* challenge(Buffer.from(serverFirst))) ?? '');
    if (final?.proof.length !== hashSize[hash]) return failure('malformed', 'client-final-message');
    if (final.nonce !== nonce) return failure('malformed', 'nonce is not the one sent');
    if (!equalOctets(final.binding, Buffer.concat([Buffer.from(header.text), bound.data]))) {
      return failure('channel-binding', 'the client sees another connection or sent another header');
    }

    // RFC 5802 §3: the proof is ClientKey XOR ClientSignature, and StoredKey is H(ClientKey).
    const authMessage = `${header.rest},${serverFirst},${final.withoutProof}`;
    const clientKey = xor(final.proof, hmac(hash, keys.storedKey, authMessage));
    const proven = equalOctets(digest(hash, clientKey), keys.storedKey);
    if (answer.type === 'refused') return rejection(answer);
    if (!proven) return failure('refused', 'wrong proof');
    if (answer.identity === null) return failure('authorization', 'may not act as the wanted identity');
    const verifier = `v=${encodeBase64(hmac(hash, keys.serverKey, authMessage))}`;
    return { type: 'success', identity: answer.identity, data: Buffer.from(verifier) };
  };
}

/**
 * The octets that the client must have bound to; none without channel binding.
 *
 * RFC 5802 §6: `p` belongs to a -PLUS mechanism and to no other, and `y` where the -PLUS form was
 * offered means that somebody between took it off the list.
 */
function boundData(
  mechanism: ScramName,
  flag: BindingFlag,
  options: ServerOptions,
): { readonly data: Bytes } | FailureStep {
  if (mechanism.endsWith('-PLUS') !== (flag.type === 'p')) {
    return failure('channel-binding', `flag ${flag.type} does not go with ${mechanism}`);
  }
  if (flag.type === 'p') {
    const type = bindingTypes(options.tls ?? null).find((known) => known === flag.name);
    const data = type && options.tls?.channelBindings?.[type];
    return data ? { data } : failure('channel-binding', 'this kind of channel binding is not to be had');
  }
  const plus: ScramName = `SCRAM-${hashOf(mechanism)}-PLUS`;
  if (flag.type === 'y' && options.mechanisms.includes(plus) && obstacle(plus, options) === null) {
    return failure('channel-binding', 'the client did not see the -PLUS mechanism');
  }
  return { data: new Uint8Array(0) };
}

/**
 * Keys for somebody unknown. Their salt looks like a real one and is the same each time, whomever
 * he wants to act as, so that nobody learns which users there are (RFC 5802 §7, "to prevent
 * information disclosure").
 */
function decoyKeys(hash: ScramHash, authcid: string, options: ServerOptions): RawScramKeys {
  const derive = (purpose: string): Buffer =>
    createHmac('sha256', options.secret).update(`${purpose}\0${hash}\0${authcid}`, 'utf8').digest();
  return {
    salt: derive('salt').subarray(0, 16),
    iterations: options.decoyIterations ?? defaultIterations,
    storedKey: derive('stored key').subarray(0, hashSize[hash]),
    serverKey: derive('server key').subarray(0, hashSize[hash]),
  };
}
