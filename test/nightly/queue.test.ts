/** The queue's crash test with 100 kills. */
process.env['MAILWRIGHT_THOROUGH'] = '1';
await import('../crash/queue.test.ts');
