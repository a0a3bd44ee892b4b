import { test } from 'node:test';
import { fuzzReports } from './fuzzing.ts';

test('five thousand mutants of reports and records', () => fuzzReports(5000, 1));
