/**
 * Who sent it, beside mailauth and bare `node:crypto`: DKIM, everything in one call, and SPF alone, one
 * after the other in one process.
 *
 *     npm run bench auth
 */
for (const part of ['dkim', 'authenticate', 'spf']) await import(`./auth/${part}.ts`);
