/** Exim as sending peer: whole corpora with DATA and with BDAT, in clear and over STARTTLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tls } from './account.ts';
import { corpora, hasLoneCr, longLine, oddities, relayable, withoutTrace } from './contents.ts';
import { Exim } from './exim.ts';
import { needing } from './programs.ts';
import { assertArrived, Reception } from './reception.ts';
import { submit } from './submit.ts';

const contents = [...corpora, ...oddities, longLine].filter((each) => !hasLoneCr(each)).map(relayable);

for (const [name, transport, chunking] of [
  ['DATA in clear', ['hosts_try_chunking ='], false],
  ['BDAT over STARTTLS (RFC 3030 §2)', ['hosts_try_chunking = *', 'hosts_require_tls = *'], true],
] as const) {
  test(
    ...needing('exim4', `whole corpora by ${name}`, async (program) => {
      await using reception = await Reception.open({ tls });
      await using exim = await Exim.start(program, reception.port, transport);
      await submit(exim.port, contents);
      await reception.until(contents.length);
      const { log } = exim;
      const spooled = await reception.harvest();
      assertArrived(spooled, contents, ({ content }) => withoutTrace(content));
      assert.equal(/ => .* K /.test(log), chunking);
    }),
  );
}
