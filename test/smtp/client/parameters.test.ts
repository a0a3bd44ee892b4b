/** What MAIL and RCPT say, by what the message needs and the server offers; and what is not even tried. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MachineMisuse, Secret } from 'mailwright/machine';
import {
  auth,
  deliverBy,
  dsn,
  futureRelease,
  type MailParameters,
  mtPriority,
  mx,
  noSoliciting,
  type RcptParameters,
  requireTls,
  rrvs,
  type SmtpTransaction,
} from 'mailwright/smtp';
import { counting, user } from '../scripted-host.ts';
import { type Mail, mailOf, Pair, tls } from './back-to-back.ts';
import { ScriptedClient, worded } from './scripted-client.ts';

/** A server that offers everything. */
const everything = {
  ...mx,
  extensions: [
    ...mx.extensions,
    auth({ mechanisms: ['PLAIN'], random: counting, secret: counting(32) }),
    deliverBy(),
    futureRelease({ maximum: 1_000_000, now: () => 0 }),
    mtPriority(),
    noSoliciting(),
    requireTls(),
    rrvs(),
  ],
};
const credentials = { type: 'password', user: user.name, password: new Secret(user.password) } as const;

function mailWith(parameters: MailParameters, recipient: RcptParameters, path = 'b@example.net'): Mail {
  const { transaction, content } = mailOf('hello\r\n', [], parameters);
  return { content, transaction: { ...transaction, recipients: [{ path, parameters: recipient }] } };
}

interface Row {
  readonly mail?: MailParameters;
  readonly rcpt?: RcptParameters;
  readonly path?: string;
  /** Behind `SIZE=7` in MAIL. */
  readonly mailSays?: string;
  readonly rcptSays?: string;
}

const rows: Readonly<Record<string, Row>> = {
  'nothing but SIZE (RFC 1870 §6)': {},
  'BODY (RFC 6152 §3)': { mail: { body: '8BITMIME' }, mailSays: ' BODY=8BITMIME' },
  'BODY (RFC 3030 §3)': { mail: { body: 'BINARYMIME' }, mailSays: ' BODY=BINARYMIME' },
  'SMTPUTF8 (RFC 6531 §3.4)': { mail: { smtputf8: true }, mailSays: ' SMTPUTF8' },
  'SMTPUTF8 for the sake of a path': {
    path: 'jürgen@example.net',
    mailSays: ' SMTPUTF8',
  },
  'RET and ENVID (RFC 3461 §4.3, §4.4)': {
    mail: { ret: 'headers', envid: 'a+b=c d' },
    mailSays: ' RET=HDRS ENVID=a+2Bb+3Dc+20d',
  },
  'NOTIFY and ORCPT (RFC 3461 §4.1, §4.2)': {
    rcpt: { notify: ['success', 'delay'], originalRecipient: { type: 'rfc822', address: 'x+y@example.net' } },
    rcptSays: ' NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@example.net',
  },
  'NOTIFY=NEVER': { rcpt: { notify: 'never' }, rcptSays: ' NOTIFY=NEVER' },
  'ORCPT of UTF-8, as it is (RFC 6533 §3)': {
    mail: { smtputf8: true },
    rcpt: { originalRecipient: { type: 'utf-8', address: 'jürgen\\x=y@example.net' } },
    mailSays: ' SMTPUTF8',
    rcptSays: ' ORCPT=utf-8;jürgen\\x{5C}x\\x{3D}y@example.net',
  },
  'ORCPT of UTF-8, in ASCII (RFC 6533 §3)': {
    rcpt: { originalRecipient: { type: 'utf-8', address: 'jürgen+😀@example.net' } },
    rcptSays: ' ORCPT=utf-8;j\\x{FC}rgen\\x{2B}\\x{1F600}@example.net',
  },
  'AUTH (RFC 4954 §5)': { mail: { auth: 'e+mc2@example.org' }, mailSays: ' AUTH=e+2Bmc2@example.org' },
  'AUTH of nobody': { mail: { auth: null }, mailSays: ' AUTH=<>' },
  'BY (RFC 2852 §4)': {
    mail: { deliverBy: { seconds: 100, mode: 'return', trace: true } },
    mailSays: ' BY=100;RT',
  },
  'BY that has passed': {
    mail: { deliverBy: { seconds: -5, mode: 'notify', trace: false } },
    mailSays: ' BY=-5;N',
  },
  'HOLDFOR (RFC 4865 §4)': { mail: { hold: { seconds: 60 } }, mailSays: ' HOLDFOR=60' },
  'HOLDUNTIL (RFC 4865 §4)': {
    mail: { hold: { until: 60_500 } },
    mailSays: ' HOLDUNTIL=1970-01-01T00:01:00Z',
  },
  'MT-PRIORITY (RFC 6710 §4)': { mail: { priority: -3 }, mailSays: ' MT-PRIORITY=-3' },
  'REQUIRETLS (RFC 8689 §2)': { mail: { requireTls: true }, mailSays: ' REQUIRETLS' },
  'SOLICIT (RFC 3865 §2.2)': {
    mail: { solicit: ['net.example:ADV', 'org.x'] },
    mailSays: ' SOLICIT=net.example:ADV,org.x',
  },
  'RRVS (RFC 7293 §3)': {
    rcpt: { validSince: { since: '2014-04-03T23:01:00Z', unsupported: 'reject' } },
    rcptSays: ' RRVS=2014-04-03T23:01:00Z',
  },
  'RRVS that may be passed over': {
    rcpt: { validSince: { since: '2014-04-03T23:01:00Z', unsupported: 'continue' } },
    rcptSays: ' RRVS=2014-04-03T23:01:00Z;C',
  },
};

suite('our own server understands what the client says', () => {
  for (const [
    name,
    { mail = {}, rcpt = {}, path = 'b@example.net', mailSays = '', rcptSays = '' },
  ] of Object.entries(rows)) {
    test(name, () => {
      const pair = new Pair({ server: everything, tls, client: { credentials } });
      const [result] = pair.send(mailWith(mail, rcpt, path));
      assert.equal(result && worded(result.recipients[0] as never), 'accepted 250');
      const said = Buffer.from(pair.flights.at(-1) ?? '', 'latin1').toString();
      assert.ok(
        said.startsWith(`MAIL FROM:<a@example.org> SIZE=7${mailSays}\r\nRCPT TO:<${path}>${rcptSays}\r\n`),
        said,
      );
      const { envelope } = pair.host.messages[0] as {
        envelope: { parameters: object; recipients: { parameters: object }[] };
      };
      const hold = mail.hold !== undefined && 'until' in mail.hold ? { hold: { until: 60_000 } } : {};
      const utf8 = mailSays.includes('SMTPUTF8') ? { smtputf8: true } : {};
      assert.deepEqual(envelope.parameters, { size: 7, ...utf8, ...mail, ...hold });
      assert.deepEqual(envelope.recipients[0]?.parameters, rcpt);
    });
  }
});

test('a server without extensions is told nothing', () => {
  const pair = new Pair();
  const parameters: MailParameters = {
    ret: 'full',
    envid: 'x',
    priority: 3,
    auth: null,
    solicit: ['a'],
    hold: { seconds: 5 },
  };
  const validSince = { since: '2014-04-03T23:01:00Z', unsupported: 'continue' } as const;
  pair.send(mailWith({ ...parameters, body: '7BIT' }, { notify: 'never', validSince }));
  assert.deepEqual(pair.flights.slice(1, 3), [
    'MAIL FROM:<a@example.org>\r\n',
    'RCPT TO:<b@example.net>\r\n',
  ]);
});

suite('a deadline that the server ignores (RFC 2852 §4.1.4.2)', () => {
  const server = { extensions: [dsn()] };
  const by = (mode: 'notify' | 'return') => ({ deliverBy: { seconds: 100, mode, trace: false } }) as const;
  const rows = [
    ['asks for notice of delay', { notify: ['success'] }, ' NOTIFY=SUCCESS,DELAY'],
    ['asks for it once', { notify: ['delay', 'failure'] }, ' NOTIFY=DELAY,FAILURE'],
    ['leaves what is usual as it is (RFC 3461 §4.1)', {}, ' NOTIFY=FAILURE,DELAY'],
    ['heeds NEVER', { notify: 'never' }, ' NOTIFY=NEVER'],
  ] as const;
  for (const [name, rcpt, says] of rows) {
    test(name, () => {
      const pair = new Pair({ server });
      pair.send(mailWith(by('notify'), rcpt as RcptParameters));
      assert.ok(pair.flights.join('').includes(`RCPT TO:<b@example.net>${says}\r\n`), pair.flights.join(''));
    });
  }
  test('changes nothing where the server keeps it', () => {
    const pair = new Pair({ server: { extensions: [dsn(), deliverBy()] } });
    pair.send(mailWith(by('notify'), { notify: ['success'] }));
    assert.ok(pair.flights.join('').includes('RCPT TO:<b@example.net> NOTIFY=SUCCESS\r\n'));
  });
});

suite('REQUIRETLS of a bounce (RFC 8689 §5)', () => {
  const bounce = (): Mail => {
    const mail = mailWith({ requireTls: true }, {});
    return { ...mail, transaction: { ...mail.transaction, from: '' } };
  };
  test('is said where it can be', () => {
    const pair = new Pair({ server: { extensions: [requireTls()] }, tls });
    pair.send(bounce());
    assert.ok(pair.flights.join('').includes('MAIL FROM:<> REQUIRETLS\r\n'));
  });
  test('does not keep it back where it can not', () => {
    for (const settings of [{ tls }, {}]) {
      const pair = new Pair(settings);
      assert.deepEqual(pair.send(bounce())[0]?.recipients.map(worded), ['accepted 250']);
      assert.ok(pair.flights.join('').includes('MAIL FROM:<>\r\n'));
    }
  });
});

test('AUTH is for sessions that authenticated (RFC 4954 §5)', () => {
  const pair = new Pair({ server: everything, tls });
  pair.send(mailWith({ auth: 'e@example.org' }, {}));
  assert.ok(!pair.flights.join('').includes('AUTH='));
});

suite('a domain goes by its A-labels where nothing else needs SMTPUTF8 (RFC 6531 §3.2, §3.7)', () => {
  const mailTo = (...recipients: string[]): Mail => {
    const { transaction, content } = mailOf('hello\r\n', recipients);
    return { transaction: { ...transaction, from: 'a@Müller.example' }, content };
  };
  const said = (pair: Pair) => Buffer.from(pair.flights.join(''), 'latin1').toString();
  test('to a server that does not offer it', () => {
    const pair = new Pair();
    const [result] = pair.send(mailTo('b@bücher.example', 'ü@bücher.example'));
    assert.deepEqual(result?.recipients.map(worded), ['accepted 250', 'unsuitable smtputf8']);
    assert.match(
      said(pair),
      /MAIL FROM:<a@xn--mller-kva\.example>\r\nRCPT TO:<b@xn--bcher-kva\.example>\r\n/,
    );
  });
  test('and to one that does; beside what needs it, as it is', () => {
    const pair = new Pair({ server: everything, tls });
    pair.send(mailTo('b@bücher.example'), mailTo('b@bücher.example', 'ü@bücher.example'));
    assert.match(said(pair), /MAIL FROM:<a@xn--mller-kva\.example> SIZE=7\r\n/);
    assert.match(said(pair), /MAIL FROM:<a@Müller\.example> SIZE=7 SMTPUTF8\r\nRCPT TO:<b@bücher\.example>/);
  });
});

suite("what a server can't be sent, it is not sent", () => {
  const validSince = { since: '2014-04-03T23:01:00Z', unsupported: 'reject' } as const;
  const by = { seconds: 100, mode: 'return', trace: false } as const;
  const unsuitable: Readonly<Record<string, [Mail, readonly string[]]>> = {
    'REQUIRETLS (RFC 8689 §4.2.1)': [mailWith({ requireTls: true }, {}), ['unsuitable requiretls']],
    'SMTPUTF8 (RFC 6531 §3.4)': [mailWith({ smtputf8: true }, {}), ['unsuitable smtputf8']],
    'an international recipient': [mailWith({}, {}, 'jürgen@example.net'), ['unsuitable smtputf8']],
    '8BITMIME (RFC 6152 §3)': [mailWith({ body: '8BITMIME' }, {}), ['unsuitable 8bitmime']],
    'BINARYMIME (RFC 3030 §3)': [mailWith({ body: 'BINARYMIME' }, {}), ['unsuitable binarymime']],
    'a deadline that returns (RFC 2852 §4)': [mailWith({ deliverBy: by }, {}), ['unsuitable deliverby']],
    'RRVS (RFC 7293 §5.1.1)': [mailWith({}, { validSince }), ['unsuitable rrvs']],
  };
  for (const [name, [mail, expected]] of Object.entries(unsuitable)) {
    test(name, () => {
      const pair = new Pair();
      assert.deepEqual(pair.send(mail)[0]?.recipients.map(worded), expected);
      assert.deepEqual(pair.flights, ['EHLO client.example\r\n']);
    });
  }

  test('REQUIRETLS needs TLS too', () => {
    const pair = new Pair({ server: { extensions: [requireTls()] } });
    assert.deepEqual(pair.send(mailWith({ requireTls: true }, {}))[0]?.recipients.map(worded), [
      'unsuitable requiretls',
    ]);
  });

  test('BINARYMIME needs BDAT', () => {
    const pair = new Pair({ server: mx, client: { chunking: false } });
    assert.deepEqual(pair.send(mailWith({ body: 'BINARYMIME' }, {}))[0]?.recipients.map(worded), [
      'unsuitable binarymime',
    ]);
  });

  test('SIZE: up to the limit, and not above (RFC 1870 §5)', () => {
    const server = { ...mx, limits: { message: 100 } };
    const sized = (octets: number) => mailOf('x'.repeat(octets - 2).concat('\r\n'));
    const results = new Pair({ server }).send(sized(101), sized(100), sized(5));
    assert.deepEqual(
      results.map(({ recipients }) => recipients.map(worded)),
      [['unsuitable size'], ['accepted 250'], ['accepted 250']],
    );
  });

  test("the others are sent where it is one recipient's need", () => {
    const [result] = new Pair().send(mailOf('hello\r\n', ['jürgen@example.net', 'b@example.net']));
    assert.deepEqual(result?.recipients.map(worded), ['unsuitable smtputf8', 'accepted 250']);
  });

  test("a message that can't be sent behind one that can: results keep their order", () => {
    const pair = new Pair({ server: { ...mx, limits: { message: 100 } } });
    const results = pair.send(mailOf('one\r\n'), mailOf('x'.repeat(200)), mailOf('three\r\n'));
    assert.deepEqual(
      results.map(({ recipients }) => recipients.map(worded)),
      [['accepted 250'], ['unsuitable size'], ['accepted 250']],
    );
  });
});

suite('what a host may not ask for (MachineMisuse)', () => {
  const good = mailOf('').transaction;
  const bad: Readonly<Record<string, Partial<SmtpTransaction>>> = {
    'no recipients': { recipients: [] },
    'half an octet': { size: 0.5 },
    'a negative size': { size: -1 },
    'a line break in a path': { from: 'a@example.org\r\nRCPT TO:<x@example.net>' },
    'the end of a path': { from: 'a@example.org> SIZE=1' },
    'a blank': { from: 'a b@example.org' },
    'an open quote': { from: '"a@example.org' },
    'an escape out of it': { from: '"a\\"@example.org' },
    'half a surrogate pair': { from: '\ud800@example.org' },
    'a path without end': { from: `${'a'.repeat(1000)}@example.org` },
    'an empty recipient': { recipients: [{ path: '', parameters: {} }] },
    'a parameter within a parameter': {
      recipients: [
        { path: 'b@example.net', parameters: { originalRecipient: { type: 'x y', address: 'z' } } },
      ],
    },
    'a time that is none': { parameters: { hold: { until: Number.NaN } } },
    'a line break in a parameter': { parameters: { solicit: ['a\r\nDATA'] } },
  };
  for (const [name, part] of Object.entries(bad)) {
    test(name, () => {
      const pair = new Pair({ server: everything });
      pair.run();
      assert.throws(() => pair.client.send({ ...good, ...part }), MachineMisuse);
      assert.equal(pair.client.takeOutput().length, 0);
    });
  }

  test('quotes hold what they may', () => {
    const pair = new Pair({ server: mx });
    const mail = {
      ...mailOf('hello\r\n'),
      transaction: { ...mailOf('hello\r\n').transaction, from: '"a b>\\"<c"@example.org' },
    };
    assert.deepEqual(pair.send(mail)[0]?.recipients.map(worded), ['accepted 250']);
  });

  test('a host name that is none', () => {
    for (const hostname of ['', 'a b', 'a\r\nb', 'bücher.example']) {
      assert.throws(() => new ScriptedClient({ client: { hostname } }), MachineMisuse);
    }
  });

  test('calls out of turn', () => {
    const { machine } = new ScriptedClient({});
    assert.throws(() => machine.send(good), MachineMisuse);
    assert.throws(() => machine.feed(Buffer.from('x')), MachineMisuse);
    assert.throws(() => machine.finish(), MachineMisuse);
    assert.throws(() => machine.fail('x'), MachineMisuse);
    assert.throws(() => machine.tlsEstablished(tls), MachineMisuse);
    assert.throws(() => machine.tlsFailed('x'), MachineMisuse);
    assert.throws(() => machine.answer(), MachineMisuse);
    machine.quit();
    for (const call of [
      () => machine.feed(Buffer.from('x')),
      () => machine.finish(),
      () => machine.fail('x'),
      () => machine.tlsFailed('x'),
    ]) {
      assert.doesNotThrow(call);
    }
  });
});
