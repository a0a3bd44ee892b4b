/** CHUNKING and BINARYMIME (RFC 3030). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binaryMime, chunking, eightBitMime, pipelining, size } from 'mailwright/smtp';
import { ScriptedHost, transcript } from '../scripted-host.ts';

const options = {
  extensions: [chunking(), binaryMime(), eightBitMime(), pipelining(), size()],
  limits: { message: 20 },
};
const hello = `
  S* 220
  C: HELO client.example
  S* 250
`;
const envelope = `${hello}
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  S* 250 2.1.0
  S* 250 2.1.5
`;

transcript(
  'BDAT (RFC 3030 §2)',
  options,
  String.raw`
  == one chunk
  ${envelope}
  C> BDAT 8 LAST\r\nx\r\n.\r\ny\x00
  S* 250 2.0.0

  == several chunks, an empty last one, the session goes on
  ${envelope}
  C> BDAT 3\r\nab\rbdat 3 \r\n\ncd
  S: 250 2.0.0 3 octets received
  S: 250 2.0.0 3 octets received
  C: BDAT 0
  C: BDAT 0 last
  C: MAIL FROM:<>
  S: 250 2.0.0 0 octets received
  S* 250 2.0.0
  S* 250 2.1.0

  == the whole transaction in one group (RFC 3030 §4.2)
  ${hello}
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C> BDAT 4\r\nabcdBDAT 2 LAST\r\nefQUIT\r\n
  S* 250 2.1.0
  S* 250 2.1.5
  S* 250 2.0.0
  S* 250 2.0.0
  S* 221

  == too large, known before it comes: every octet is read, none is handed on
  ${envelope}
  C> BDAT 21 LAST\r\n123456789012345678901NOOP\r\n
  S* 552 5.3.4
  S* 250 2.0.0

  == too large by the second chunk; later ones are refused until RSET
  ${envelope}
  C> BDAT 15\r\n123456789012345BDAT 6\r\n123456BDAT 3 LAST\r\nabcRSET\r\n
  S* 250 2.0.0
  S* 552 5.3.4
  S* 503 5.5.1
  S* 250 2.0.0

  == the host refuses: the chunk is read away
  ${envelope}
  C> BDAT 5 LAST\r\nQUIT\nNOOP\r\n
  ! data 451 4.3.0 Not now
  S: 451 4.3.0 Not now
  S* 250 2.0.0

  == without transaction or recipient the chunk is read away too
  S* 220
  C> BDAT 6 LAST\r\nQUIT\r\n
  C: HELO client.example
  C> BDAT 6\r\nQUIT\r\n
  C: MAIL FROM:<>
  C> BDAT 6 LAST\r\nQUIT\r\n
  C: RSET
  S* 503 5.5.1
  S* 250
  S* 503 5.5.1
  S* 250 2.1.0
  S* 503 5.5.1
  S* 250 2.0.0

  == between chunks, only BDAT and RSET go on (RFC 3030 §2)
  ${envelope}
  C> BDAT 1\r\nx
  C: DATA
  C: RCPT TO:<c@example.net>
  C: MAIL FROM:<>
  C: NOOP
  C: RSET
  C> BDAT 1 LAST\r\nx
  S* 250 2.0.0
  S* 503 5.5.1
  S* 503 5.5.1
  S* 503 5.5.1
  S* 250 2.0.0
  S* 250 2.0.0
  S* 503 5.5.1

  == QUIT, or EHLO, between chunks
  ${envelope}
  C> BDAT 1\r\nxHELO client.example\r\nBDAT 1 LAST\r\nxQUIT\r\n
  S* 250 2.0.0
  S* 250
  S* 503 5.5.1
  S* 221

  == a size that can't be read: nobody knows where the next command begins
  ${envelope}
  C: BDAT
  S* 501 5.5.4

  == a negative one
  ${envelope}
  C: BDAT -1 LAST
  S* 501 5.5.4

  == more digits than count
  ${envelope}
  C: BDAT 1000000000000000
  S* 501 5.5.4

  == a word that is not LAST
  ${envelope}
  C: BDAT 1 FIRST
  S* 501 5.5.4

  == the peer is gone in the middle of a chunk
  ${envelope}
  C> BDAT 10 LAST\r\nhalf
  @ end
  `,
);

transcript(
  'BINARYMIME (RFC 3030 §3)',
  options,
  String.raw`
  == any octets, by BDAT only
  ${hello}
  C: MAIL FROM:<a@example.org> BODY=BINARYMIME
  C: RCPT TO:<b@example.net>
  C: DATA
  C> BDAT 6 LAST\r\n\r\r\n\n\x00\n
  S* 250 2.1.0
  S* 250 2.1.5
  S* 503 5.5.1
  S* 250 2.0.0

  == text by BDAT keeps the rules of text: no lone CR or LF (RFC 5321 §2.3.8)
  ${envelope}
  C> BDAT 3\r\na\rbBDAT 2 LAST\r\nxx
  S* 550 5.6.11
  S* 503 5.5.1

  == also where two chunks meet, and at the end
  ${envelope}
  C> BDAT 2\r\na\rBDAT 1\r\nx
  S* 250 2.0.0
  S* 550 5.6.11
  C: MAIL FROM:<a@example.org>
  C: RCPT TO:<b@example.net>
  C> BDAT 2 LAST\r\na\r
  S* 250 2.1.0
  S* 250 2.1.5
  S* 550 5.6.11
  `,
);

test('the octets of chunks reach the host unchanged and whole', () => {
  const octets = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) % 256));
  const host = new ScriptedHost({
    hostname: 'mx.example.org',
    extensions: [chunking(), binaryMime()],
    limits: { message: 1000 },
  });
  host.converse('HELO x\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<b@example.net>\r\n');
  for (let at = 0; at < 1000; at += 100) {
    host.converse(`BDAT 100${at === 900 ? ' LAST' : ''}\r\n`);
    host.converse(octets.subarray(at, at + 100));
  }
  assert.equal(host.messages[0]?.content, octets.toString('latin1'));
});

test('a last chunk that is refused at once: in LMTP a reply for each recipient all the same (RFC 2033 §4.3)', () => {
  const said = (bdat: string) => {
    const host = new ScriptedHost({ hostname: 'mx.example.org', protocol: 'lmtp', extensions: [chunking()] });
    host.converse('LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\n');
    return host.converse(bdat, { data: '450 4.2.0 Later' });
  };
  assert.equal(said('BDAT 3 LAST\r\none'), '450 4.2.0 Later\r\n'.repeat(2));
  assert.equal(said('BDAT 3\r\none'), '450 4.2.0 Later\r\n');
});
