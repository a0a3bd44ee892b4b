/** Reading Authentication-Results fields, those of others among them (RFC 8601 §2.2). */
import type { AuthenticationResults, MethodResult } from './result.ts';
import { Scanner } from './scanner.ts';

/** A field that was read, with the text of each result as it stands there. */
export interface ParsedResults extends AuthenticationResults {
  readonly results: readonly ParsedResult[];
}

/** One result, and its text without the semicolons around it. */
export interface ParsedResult extends MethodResult {
  readonly text: string;
}

/** Results that are read of one field. */
const mostResults = 100;
/** Properties that are read of one result. */
const mostProperties = 50;

/**
 * Reads the value of an Authentication-Results field.
 *
 *     authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS]
 *
 * What is malformed between two semicolons is passed over; of two properties of one name the first
 * counts.
 *
 * @returns `null` where the field has no authserv-id, or is of another version than 1
 * @example
 * ```ts
 * import { parseAuthenticationResults } from 'mailwright/authres';
 *
 * const read = parseAuthenticationResults('mx.example.com; spf=pass (one of ours) smtp.mailfrom=a@example.net');
 * read?.authservId; // 'mx.example.com'
 * read?.results[0]?.properties?.['smtp.mailfrom']; // 'a@example.net'
 * ```
 */
export function parseAuthenticationResults(value: string): ParsedResults | null {
  const scanner = new Scanner(value);
  const authservId = scanner.value();
  if (authservId === '') return null;
  const version = scanner.keyword();
  if (version !== '' && version !== '1') return null;
  const results: ParsedResult[] = [];
  scanner.skipToSemicolon();
  while (results.length < mostResults && scanner.take(';')) {
    scanner.takeComment();
    const start = scanner.at;
    const result = readResult(scanner);
    scanner.skipToSemicolon();
    if (result !== null) results.push({ ...result, text: value.slice(start, scanner.at).trim() });
  }
  return { authservId, results };
}

/**
 *     methodspec = [CFWS] method [CFWS] "=" [CFWS] result
 *     reasonspec = "reason" [CFWS] "=" [CFWS] value
 *     propspec   = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue
 */
function readResult(scanner: Scanner): MethodResult | null {
  const method = scanner.keyword();
  if (scanner.take('/')) scanner.keyword();
  if (method === '' || !scanner.take('=')) return null;
  const result = scanner.keyword();
  if (result === '') return null;
  scanner.takeComment();
  scanner.skip();
  const comment = scanner.takeComment();
  let reason: string | undefined;
  const properties: Record<string, string> = {};
  for (let count = 0; count < mostProperties; count++) {
    const type = scanner.keyword();
    if (type === '') break;
    const name = scanner.take('.') ? `${type}.${scanner.keyword()}` : type;
    if (!scanner.take('=')) break;
    const text = scanner.value();
    if (name === 'reason') reason = text;
    else if (name.includes('.')) properties[name] ??= text;
  }
  return {
    method,
    result,
    ...(comment === undefined ? {} : { comment }),
    ...(reason === undefined ? {} : { reason }),
    properties,
  };
}
