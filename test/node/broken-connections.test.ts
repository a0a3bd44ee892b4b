/** Connections that break or stall after any number of octets: no message is lost, and none doubled unless SMTP can't tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpTransport, serveSmtp } from 'mailwright/node';
import { type Extension, mx, SmtpServerMachine } from 'mailwright/smtp';
import { type FaultMoment, type LinkFault, VirtualClock, VirtualNetwork } from 'mailwright/testing';
import { contentOf, summary, targetOf, transactionOf } from './sending.ts';

const body = contentOf(`Subject: hello\r\n\r\n${'a line\r\n'.repeat(10)}`);
const wait = 5000;
const patience = {
  connect: wait,
  greeting: wait,
  hello: wait,
  mail: wait,
  rcpt: wait,
  data: wait,
  block: wait,
  endOfData: wait,
  quit: wait,
};

/** Sends one message over a connection with a fault; what the client says of it, and how often the server took it. */
async function delivery(extensions: readonly Extension[], fault: LinkFault) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, random: () => 0, latency: () => 5, faults: () => fault });
  let taken = 0;
  network.listen('192.0.2.25', 25, (socket, connection) => {
    const machine = new SmtpServerMachine(
      { ...mx, extensions, hostname: 'mx.test' },
      { id: 'one', ...connection },
    );
    const end = () => {
      taken += 1;
      return undefined;
    };
    const sink = { write: () => {}, end, abort: () => {} };
    serveSmtp(socket, machine, { data: () => sink }, { clock });
  });
  const send = async () => {
    const at = { addresses: ['192.0.2.25'], port: 25 };
    const transport = new SmtpTransport({ clock, connect: network.from('192.0.2.1') });
    const opening = await transport.open(targetOf(0, { at, tls: { mode: 'none' }, patience }));
    if (!opening.ok) return 'not opened';
    const { recipients } = await opening.session.send(transactionOf(body), body);
    await opening.session.quit();
    return summary(recipients[0]);
  };
  const sending = send();
  await clock.run();
  return { said: await sending, taken, waiting: clock.pending };
}

const without = (...keywords: readonly string[]): readonly Extension[] =>
  mx.extensions.filter(({ keyword }) => !keywords.includes(keyword));

const rows: readonly (readonly [string, readonly Extension[], string])[] = [
  ['in one flight', mx.extensions, 'timeout at mail, ambiguous'],
  ['by DATA', without('CHUNKING'), 'timeout at end-of-data, ambiguous'],
  ['step by step', without('CHUNKING', 'PIPELINING'), 'timeout at rcpt'],
];
for (const [name, extensions, typical] of rows) {
  test(`${name}: whatever the client says of a message, the server bears it out (RFC 1047)`, async () => {
    const said = new Set<string>();
    for (const kind of ['cut', 'stall'] as const) {
      const moments: FaultMoment[] = [];
      for (let octets = 0; octets < 520; octets += 1) moments.push({ sent: octets }, { received: octets });
      for (const when of moments.filter((_, index) => index % 7 < 2)) {
        const { said: outcome, taken, waiting } = await delivery(extensions, { kind, when });
        const where = `${kind} at ${JSON.stringify(when)}: ${outcome}`;
        if (outcome === 'accepted 250') assert.equal(taken, 1, where);
        else if (outcome.endsWith('ambiguous')) assert.ok(taken <= 1, where);
        else assert.equal(taken, 0, where);
        assert.equal(waiting, 0, where);
        said.add(outcome);
      }
    }
    for (const outcome of ['accepted 250', 'not opened', 'gone at end-of-data, ambiguous', typical]) {
      assert.ok(said.has(outcome), `${outcome} was among ${[...said].join('; ')}`);
    }
  });
}
