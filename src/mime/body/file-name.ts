/** File names that a stranger chose, made fit to be used. */
import { Buffer } from 'node:buffer';

/** Octets of UTF-8; the limit of most file systems for one name. */
const longestName = 255;

/** Names that Windows takes for devices, whatever the extension. */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/**
 * A name for a file in one folder, from a name that came with a message (RFC 2183 §5: it must not be
 * trusted). Folders are cut off; controls, invisible and direction-changing characters are dropped;
 * what some file system forbids becomes `_`; hidden files, device names and overlong names are changed.
 * An extension stays.
 *
 * @param fallback - what is used when nothing is left; it is not checked
 *
 * @example
 * ```ts
 * import { safeFileName } from 'mailwright/mime';
 *
 * safeFileName('..\\..\\evil/passwd', 'attachment'); // 'passwd'
 * safeFileName('invoice\u202Efdp.exe', 'attachment'); // 'invoicefdp.exe'
 * safeFileName('con.txt', 'attachment'); // '_con.txt'
 * safeFileName('..', 'attachment'); // 'attachment'
 * ```
 */
export function safeFileName(name: string, fallback: string): string {
  const visible = name
    .slice(-4 * longestName)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
    .normalize('NFC');
  const last = visible.slice(Math.max(visible.lastIndexOf('/'), visible.lastIndexOf('\\')) + 1);
  const allowed = trimName(last.replace(/[<>:"|?*]/g, '_'));
  if (allowed === '') return fallback;
  const plain = allowed.startsWith('.') || reserved.test(allowed) ? `_${allowed}` : allowed;
  return shorten(plain);
}

/** Windows drops spaces and dots at the end, so two names could become one. */
function trimName(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && name.charCodeAt(start) === 32) start++;
  while (end > start && (name.charCodeAt(end - 1) === 32 || name.charCodeAt(end - 1) === 46)) end--;
  return name.slice(start, end);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  let stem = '';
  let left = longestName - Buffer.byteLength(extension);
  for (const character of extension === '' ? name : name.slice(0, dot)) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    stem += character;
  }
  return stem + extension;
}
