import { type BerReader, type BerWriter, Control } from 'ldapts';

/**
 * Flags of the request ([MS-ADTS] 3.1.1.3.4.1.3). `objectSecurity`: what the account may read, without the right
 * Replicating Directory Changes. `incrementalValues`: of a large group only the members that changed.
 */
export const DIRSYNC_FLAGS = { objectSecurity: 0x1, incrementalValues: -0x80000000 } as const;

const LONGEST_PAGE = 1024 * 1024;

/**
 * LDAP_SERVER_DIRSYNC_OID. Value: SEQUENCE { Flags INTEGER, MaxBytes INTEGER, Cookie OCTET STRING }; the answer
 * has the same shape, with "there is more" first and the next cookie last. ldapts puts the answer into the control
 * of the request.
 */
export class DirSyncControl extends Control {
  readonly #flags: number;
  readonly #cookie: Uint8Array;
  #next: Buffer | undefined;
  #more = false;

  constructor(flags: number, cookie: Uint8Array) {
    super('1.2.840.113556.1.4.841', { critical: true });
    this.#flags = flags;
    this.#cookie = cookie;
  }

  /** Of the answer: where to go on; undefined where the controller sent none. */
  get next(): Buffer | undefined {
    return this.#next;
  }

  get more(): boolean {
    return this.#more;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = encoded(0x30, [
      encoded(0x02, [int32(this.#flags)]),
      encoded(0x02, [int32(LONGEST_PAGE)]),
      encoded(0x04, [this.#cookie]),
    ]);
    writer.writeBuffer(value, 0x04);
  }

  protected override parseControl(reader: BerReader): void {
    reader.readSequence();
    this.#more = reader.readInt() !== 0;
    reader.readInt();
    this.#next = reader.readString(0x04, true) ?? undefined;
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Tag, length and contents (X.690 8.1); cookies of controllers with many partners are long. */
function encoded(tag: number, contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const long = length < 0x80 ? [] : length < 0x100 ? [0x81] : [0x82, length >> 8];
  return Buffer.concat([Buffer.from([tag, ...long, length & 0xff]), body]);
}
