/** The spool's crash and power loss tests with nothing left out: every step, and 200 random kills. */
process.env['MAILWRIGHT_THOROUGH'] = '1';
await import('../spool/durability.test.ts');
await import('../crash/spool.test.ts');
