import { Buffer } from 'node:buffer';
import { decodeBase64 } from 'mailwright/bytes';
import type { Bytes } from 'mailwright/machine';
import { type MechanismName, mechanismNames, startClient, startServer } from 'mailwright/sasl';
import { fuzz } from 'mailwright/testing';
import { clientOptions, converse, credentialsFor, hostOf, serverOptions } from './conversation.ts';

const password = 'pencil-of-tim';
/** One iteration, so that the time goes into parsing. */
const host = hostOf('tim', password, 1);
const dictionary = [
  '\0',
  '\x01',
  ',',
  '=',
  'n,,',
  'y,,',
  'p=tls-exporter,,',
  'a=',
  'm=',
  'r=',
  'i=1',
  'c=biws',
]
  .concat([
    'auth=Bearer ',
    'user=',
    '=2C',
    '=3D',
    'p=',
    'v=',
    'e=',
    's=',
    '{"status":',
    'tim',
    '\u00ad',
    '\u05d0',
  ])
  .map((text) => Buffer.from(text));

/** The messages of a good exchange, by who sent them. */
function goodMessages(mechanism: MechanismName): { readonly client: Bytes[]; readonly server: Bytes[] } {
  const credentials = credentialsFor(mechanism, 'tim', password);
  const { steps } = converse({ mechanism, credentials, decide: host, client: { minIterations: 1 } });
  return {
    client: steps.flatMap((step) =>
      step.type === 'response' ? [decodeBase64(step.response.reveal()) ?? Buffer.of()] : [],
    ),
    server: steps.flatMap((step) => (step.type === 'challenge' ? [step.data] : [])),
  };
}

/** Replaces one message of the client by a mutant, sends the good ones around it, and looks at each step. */
export function fuzzServers(runs: number): number {
  return mechanismNames
    .map((mechanism) => {
      const seeds = goodMessages(mechanism).client;
      const name = `${mechanism} server`;
      return fuzz({ name, runs, seeds, dictionary, maxLength: 12_000 }, (input, random) => {
        const broken = random.below(seeds.length + 1);
        const messages = seeds.toSpliced(broken, 1, input);
        const server = startServer(mechanism, messages[0] ?? input, serverOptions);
        for (let turn = 1; turn < 20; turn++) {
          const { step } = server;
          if (step.type === 'success' || step.type === 'failure') return undefined;
          if (step.type === 'ask') {
            server.answer(step.question, host(step.question));
          } else {
            if (step.data.length > 12_288) return 'a challenge is longer than what the client may send';
            server.respond(messages[turn] ?? input);
          }
        }
        return 'does not come to an end';
      }).runs;
    })
    .reduce((sum, count) => sum + count, 0);
}

/** Gives a client mutants of a server's challenges, and sees that it never believes one. */
export function fuzzClients(runs: number): number {
  return mechanismNames
    .map((mechanism) => {
      const credentials = credentialsFor(mechanism, 'tim', password);
      const seeds = [...goodMessages(mechanism).server, Buffer.from('{"status":"401"}')];
      const name = `${mechanism} client`;
      const options = { ...clientOptions, minIterations: 1, maxIterations: 100 };
      return fuzz({ name, runs, seeds, dictionary, maxLength: 12_000 }, (input, random) => {
        const client = startClient(mechanism, credentials, options);
        const good = random.below(seeds.length);
        for (const challenge of [...seeds.slice(0, good), input, input]) {
          const step = client.respond(challenge);
          if (step.type === 'done') return 'believes in a challenge';
          if (step.type !== 'response') break;
          const sent = decodeBase64(step.response.reveal());
          if (sent === null || sent.length > 12_288) return 'a response that no line can carry';
          if (mechanism.startsWith('SCRAM') && Buffer.from(sent).includes(password))
            return 'sends the password';
        }
        const proven = mechanism.startsWith('SCRAM') && good < seeds.length - 1;
        const last = seeds.some((seed) => Buffer.from(seed).equals(input))
          ? 'unchanged'
          : client.succeed(null).type;
        return proven && last === 'done' ? 'believes a server that proved nothing' : undefined;
      }).runs;
    })
    .reduce((sum, count) => sum + count, 0);
}
