/** What receiving needs to know of a message's header section, found while its octets pass by. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';

/** A header section larger than this, in octets, is looked at no further. */
const mostHeader = 1_048_576;
/** So much of a field's beginning is kept from chunk to chunk: more than fields that matter have. */
const keptOfField = 64;
/** A line end that may be followed by a blank line: kept from chunk to chunk too. */
const keptOfEnd = 3;
/** Stands for what was not kept: no field that matters holds it. */
const gap = '\0';

/** RFC 5322 §2.2.3: a line that begins with a blank goes on with the field. */
const fieldStart = /\r\n(?=[^ \t])/g;
const received = /^received[ \t]*:/i;
const tlsRequired = /^tls-required[ \t]*:/i;
const tlsRequiredNo = /^tls-required[ \t]*:[ \t\r\n]*no[ \t\r\n]*$/i;

/** Gathers facts about one message's header section. Its memory is bounded, whatever comes. */
export class HeaderFacts {
  /** Received fields: too many of them are a loop (RFC 5321 §6.3). */
  hops = 0;
  #tlsFields = 0;
  #saysNo = false;
  /** The field that has begun, behind the line end before it; `null`: the section is over. */
  #rest: string | null = '\r\n';
  #seen = 0;

  /** The section says `TLS-Required: No`; it may say so once (RFC 8689 §3). */
  get tlsRequiredNo(): boolean {
    return this.#saysNo && this.#tlsFields === 1;
  }

  write(chunk: Bytes): void {
    if (this.#rest === null) return;
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, mostHeader));
    const blankLine = octets.indexOf('\r\n\r\n');
    const text = this.#rest + octets.toString('latin1', 0, blankLine === -1 ? octets.length : blankLine + 4);
    const end = text.indexOf('\r\n\r\n');
    // With the octet that ends the last field.
    const header = end === -1 ? text : text.slice(0, end + keptOfEnd);
    let start = 0;
    for (const { index } of header.matchAll(fieldStart)) {
      this.#field(header.slice(start, index));
      start = index;
    }
    this.#seen += octets.length;
    this.#rest = end === -1 && this.#seen < mostHeader ? shortened(header.slice(start)) : null;
  }

  /** The message is complete, and may have no more than a header section. */
  end(): void {
    if (this.#rest !== null) this.#field(this.#rest);
    this.#rest = null;
  }

  #field(field: string): void {
    const text = field.slice('\r\n'.length);
    if (received.test(text)) this.hops += 1;
    else if (tlsRequired.test(text)) {
      this.#tlsFields += 1;
      this.#saysNo = tlsRequiredNo.test(text);
    }
  }
}

function shortened(field: string): string {
  if (field.length <= keptOfField + gap.length + keptOfEnd) return field;
  return field.slice(0, keptOfField) + gap + field.slice(-keptOfEnd);
}
