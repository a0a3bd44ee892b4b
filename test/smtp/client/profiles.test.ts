/** The client against our own server, in every role: what goes in at one end comes out at the other. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lmtp, mx, submission } from 'mailwright/smtp';
import { mailOf, Pair } from './back-to-back.ts';

const message = 'Subject: hello\r\n\r\n.dots\r\n..\r\n.\r\nend\r\n';

suite('a message crosses', () => {
  const roles = {
    'a bare server': {},
    mx,
    submission: { ...submission, requireAuth: false },
    lmtp,
  };
  for (const [name, server] of Object.entries(roles)) {
    test(name, () => {
      const pair = new Pair({ server, client: { protocol: name === 'lmtp' ? 'lmtp' : 'smtp' } });
      const [result] = pair.send(mailOf(message, ['b@example.net', 'c@example.net']));
      assert.deepEqual(
        result?.recipients.map(({ result }) => result),
        ['accepted', 'accepted'],
      );
      assert.deepEqual(
        pair.host.messages.map(({ content }) => content),
        [message],
      );
    });
  }
});
