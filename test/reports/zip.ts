/** Zip archives of one file, also broken ones. */
import { crc32, deflateRawSync } from 'node:zlib';

/** What to write in the place of the truth. */
export interface ZipFaults {
  readonly method?: number;
  readonly flags?: number;
  /** Where the central directory is said to begin. */
  readonly central?: number;
}

/** A zip archive with one file in it. */
export function zipOf(
  name: string,
  content: Uint8Array,
  { method = 8, flags = 0, central }: ZipFaults = {},
): Buffer {
  const data = method === 0 ? Buffer.from(content) : deflateRawSync(content);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(method, 4);
  shared.writeUInt32LE(crc32(content), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(content.length, 18);
  shared.writeUInt16LE(name.length, 22);
  const file = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00'),
    shared,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(central ?? file.length, 16);
  return Buffer.concat([file, directory, end]);
}
