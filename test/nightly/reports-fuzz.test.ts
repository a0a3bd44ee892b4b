import { test } from 'node:test';
import { fuzzReports } from '../reports/fuzzing.ts';

test('a million mutants of reports and records', () => fuzzReports(1_000_000, 2));
