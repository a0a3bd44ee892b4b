/** The relay's crash test with a hundred kills. */
process.env['MAILWRIGHT_THOROUGH'] = '1';
await import('../crash/relay.test.ts');
