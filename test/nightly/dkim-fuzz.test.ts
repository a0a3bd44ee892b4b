import { test } from 'node:test';
import { fuzzMessages, fuzzSignatures } from '../dkim/fuzzing.ts';

test('DKIM: half a million made-up signatures', () => fuzzSignatures(500_000));

test('DKIM: half a million damaged messages', () => fuzzMessages(500_000));
