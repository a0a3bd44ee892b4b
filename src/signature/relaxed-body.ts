/**
 * White space of bodies as the relaxed canonicalization has it (RFC 6376 §3.4.4), but for empty lines at
 * the end: sixteen octets at a time while there is nothing to change.
 *
 * The inner loop is WebAssembly with SIMD, for the reasons that stand in `bytes/line-breaks.ts`.
 */
import type { Bytes } from '../machine/index.ts';

const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** What one call of the loop takes; so many spaces follow it, that the last vector may be cut short. */
const windowSize = 16_384;
const vector = 16;
const inputAt = 0;
const outputAt = 32_768;

/**
 * The instructions, as the sections of a module that exports its memory and one function:
 *
 *     relax(at, end, out, space): writes to `out` what is at `at`; `space` is 1 within white space
 *       loop
 *         if space
 *           while at < end and a space or tab is at `at`: at += 1
 *           if at >= end: break
 *           if no CRLF is at `at`: write a space
 *         if at >= end: break
 *         v     = 16 octets from `at`; written as they are
 *         white = bit mask of spaces and tabs
 *         odd   = tabs | white followed by white or CR | white at the end of v
 *         k     = the place of odd's lowest bit, or 16
 *         at += k, out += k, space = k is 0
 *       return (out << 1) | space
 */
function loopModule(): Uint8Array<ArrayBuffer> {
  const [at, end, out, space, v, white, tabs, k] = [0, 1, 2, 3, 4, 5, 6, 7];
  const get = (local: number) => [0x20, local];
  const set = (local: number) => [0x21, local];
  const tee = (local: number) => [0x22, local];
  const constant = (value: number) => [0x41, ...signedLeb(value)];
  const increase = (local: number, by: readonly number[]) => [...get(local), ...by, 0x6a, ...set(local)];
  const [equal, unequal, notLess, and, or, shl, shr, ctz] = [0x46, 0x47, 0x4f, 0x71, 0x72, 0x74, 0x76, 0x68];
  const [block, loop, when, stop] = [[0x02, 0x40], [0x03, 0x40], [0x04, 0x40], 0x0b];
  const octet = [...get(at), 0x2d, 0, 0]; // i32.load8_u
  const maskOf = (value: number) => [
    ...get(v),
    ...constant(value),
    ...[0xfd, 0x0f], // i8x16.splat
    ...[0xfd, 0x23], // i8x16.eq
    ...[0xfd, 0x64], // i8x16.bitmask
  ];
  const code = [
    ...[...block, ...loop],
    ...[...get(space), ...when],
    ...[...block, ...loop],
    ...[...get(at), ...get(end), notLess, 0x0d, 4], // br_if to the end
    ...[...octet, ...constant(SPACE), unequal, ...octet, ...constant(TAB), unequal, and, 0x0d, 1],
    ...[...increase(at, constant(1)), 0x0c, 0, stop, stop],
    ...[...get(at), 0x2f, 0, 0, ...constant(0x0a0d), unequal, ...when], // i32.load16_u
    ...[...get(out), ...constant(SPACE), 0x3a, 0, 0, ...increase(out, constant(1)), stop], // i32.store8
    stop,
    ...[...get(at), ...get(end), notLess, 0x0d, 1],
    ...[...get(at), 0xfd, 0x00, 0, 0, ...set(v)], // v128.load
    ...[...get(out), ...get(v), 0xfd, 0x0b, 0, 0], // v128.store
    ...[...maskOf(TAB), ...tee(tabs), ...maskOf(SPACE), or, ...set(white)],
    ...[...get(white), ...maskOf(CR), or, ...constant(1), shr, ...constant(0x8000), or, ...get(white), and],
    ...[...get(tabs), or, ...constant(0x10000), or, ctz, ...set(k)],
    ...[...increase(at, get(k)), ...increase(out, get(k))],
    ...[...get(k), ...constant(0), equal, ...set(space), 0x0c, 0],
    ...[stop, stop],
    ...[...get(out), ...constant(1), shl, ...get(space), or, stop],
  ];
  const section = (id: number, body: readonly number[]) => [id, ...leb(body.length), ...body];
  const name = (text: string) => [text.length, ...text.split('').map((letter) => letter.charCodeAt(0))];
  const [i32, v128] = [0x7f, 0x7b];
  const body = [2, 1, v128, 3, i32, ...code];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 4, i32, i32, i32, i32, 1, i32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]), // one page of memory
    ...section(7, [2, ...name('relax'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** An unsigned number below 16384 in LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

/** A number of up to 20 bits in signed LEB128. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}

// The compiler's libraries know WebAssembly only together with a browser's whole document.
declare const WebAssembly: {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const { relax, memory } = new WebAssembly.Instance(new WebAssembly.Module(loopModule())).exports as {
  readonly relax: (at: number, end: number, out: number, space: number) => number;
  readonly memory: { readonly buffer: ArrayBuffer };
};
const lane = new Uint8Array(memory.buffer);

/** Takes a body in pieces; what it gives out is in shared memory, and good only until it is called again. */
export class RelaxedWhiteSpace {
  #space = 0;
  /** The octets so far end in CR: whether it begins a line end is not known yet. */
  #heldCr = false;

  /** Gives the canonical octets of a piece to `take`, in one or more calls. */
  write(octets: Bytes, take: (canonical: Bytes) => void): void {
    for (let at = 0; at < octets.length; ) {
      let size = 0;
      if (this.#heldCr) lane[inputAt + size++] = CR;
      const part = octets.subarray(at, at + windowSize - size);
      lane.set(part, inputAt + size);
      at += part.length;
      size += part.length;
      this.#heldCr = lane[inputAt + size - 1] === CR;
      if (this.#heldCr) size--;
      this.#relax(size, take);
    }
  }

  /** The end of the body; white space that is still held back stands at a line's end and is dropped. */
  end(take: (canonical: Bytes) => void): void {
    if (!this.#heldCr) return;
    this.#heldCr = false;
    lane[inputAt] = CR;
    this.#relax(1, take);
  }

  #relax(size: number, take: (canonical: Bytes) => void): void {
    lane.fill(SPACE, inputAt + size, inputAt + size + vector);
    const result = relax(inputAt, inputAt + size, outputAt, this.#space);
    this.#space = result & 1;
    const end = result >> 1;
    if (end > outputAt) take(lane.subarray(outputAt, end));
  }
}
