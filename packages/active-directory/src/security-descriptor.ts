import { DirectoryError } from './errors.ts';
import { guidFromBytes, guidToBytes } from './guid.ts';
import { sidFromBytes, sidToBytes } from './sid.ts';

/**
 * Self-relative security descriptors, [MS-DTYP] 2.4.6: who may do what to an object. ACEs of types that do not
 * matter here keep their bytes, so that writing a descriptor back changes nothing else.
 */
export type SecurityDescriptor = {
  /** SE_ bits, without SE_SELF_RELATIVE; see {@link DESCRIPTOR} */
  control: number;
  owner?: string;
  group?: string;
  dacl?: Acl;
  sacl?: Acl;
};

export type Acl = { revision: number; aces: Ace[] };

/** GUIDs are lower-case text: `objectType` a right, property or property set, `inheritedType` a class. */
export type Ace =
  | {
      kind: 'allow' | 'deny';
      flags: number;
      mask: number;
      sid: string;
      objectType?: string;
      inheritedType?: string;
      /** an object ACE with neither GUID is not the same bytes as a plain one */
      object?: true;
    }
  | { kind: 'other'; bytes: Uint8Array };

export const DESCRIPTOR = {
  daclPresent: 0x4,
  saclPresent: 0x10,
  daclProtected: 0x1000,
  selfRelative: 0x8000,
};
export const ACE_FLAG = { container: 0x02, noPropagate: 0x04, inheritOnly: 0x08, inherited: 0x10 };

const HEADER = 20;
const ACL_HEADER = 8;
const ACE_HEADER = 8;
/** ACCESS_ALLOWED, ACCESS_DENIED and their object forms ([MS-DTYP] 2.4.4.1). */
const ACE_TYPES = { 0: 'allow', 1: 'deny', 5: 'allow', 6: 'deny' } as const;
const OBJECT_TYPES = new Set([5, 6]);
const OBJECT_TYPE_PRESENT = 1;
const INHERITED_TYPE_PRESENT = 2;

/** @throws {DirectoryError} ERR_DIRECTORY_DATA */
export function parseSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const view = viewOf(bytes);
  if (bytes.length < HEADER || bytes[0] !== 1) throw malformed('header');
  const control = view.getUint16(2, true);
  if ((control & DESCRIPTOR.selfRelative) === 0) throw malformed('form');
  const at = (offset: number) => view.getUint32(offset, true);
  const sid = (offset: number) => (offset === 0 ? undefined : parseSidAt(bytes, offset).sid);
  const acl = (offset: number) => (offset === 0 ? undefined : parseAcl(slice(bytes, offset)));
  const [owner, group, sacl, dacl] = [sid(at(4)), sid(at(8)), acl(at(12)), acl(at(16))];
  return {
    control: control & ~DESCRIPTOR.selfRelative,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(dacl === undefined ? {} : { dacl }),
    ...(sacl === undefined ? {} : { sacl }),
  };
}

/** The parts in the order in which Windows writes them: SACL, DACL, owner, group. */
export function printSecurityDescriptor(descriptor: SecurityDescriptor): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(1, 0);
  header.writeUInt16LE(descriptor.control | DESCRIPTOR.selfRelative, 2);
  const parts: Buffer[] = [header];
  const add = (offsetField: number, part: Uint8Array | undefined) => {
    if (part === undefined) return;
    header.writeUInt32LE(
      parts.reduce((sum, each) => sum + each.length, 0),
      offsetField,
    );
    parts.push(Buffer.from(part));
  };
  add(12, descriptor.sacl && printAcl(descriptor.sacl));
  add(16, descriptor.dacl && printAcl(descriptor.dacl));
  add(4, descriptor.owner === undefined ? undefined : sidToBytes(descriptor.owner));
  add(8, descriptor.group === undefined ? undefined : sidToBytes(descriptor.group));
  return Buffer.concat(parts);
}

function parseAcl(bytes: Uint8Array): Acl {
  const view = viewOf(bytes);
  if (bytes.length < ACL_HEADER) throw malformed('ACL');
  const size = view.getUint16(2, true);
  const count = view.getUint16(4, true);
  if (size > bytes.length) throw malformed('ACL size');
  const aces: Ace[] = [];
  let offset = ACL_HEADER;
  for (let index = 0; index < count; index++) {
    if (offset + ACE_HEADER > size) throw malformed('ACE');
    const aceSize = view.getUint16(offset + 2, true);
    if (aceSize < ACE_HEADER || offset + aceSize > size) throw malformed('ACE size');
    aces.push(parseAce(bytes.subarray(offset, offset + aceSize)));
    offset += aceSize;
  }
  return { revision: view.getUint8(0), aces };
}

function parseAce(bytes: Uint8Array): Ace {
  const view = viewOf(bytes);
  const type = view.getUint8(0);
  const kind = type in ACE_TYPES ? ACE_TYPES[type as keyof typeof ACE_TYPES] : undefined;
  if (kind === undefined) return { kind: 'other', bytes: Uint8Array.from(bytes) };
  const object = OBJECT_TYPES.has(type);
  let offset = ACE_HEADER;
  if (object && bytes.length < ACE_HEADER + 4) throw malformed('object ACE');
  const present = object ? view.getUint32(offset, true) : 0;
  if (object) offset += 4;
  const guid = (bit: number) => {
    if ((present & bit) === 0) return undefined;
    offset += 16;
    return guidFromBytes(bytes.subarray(offset - 16, offset));
  };
  const objectType = guid(OBJECT_TYPE_PRESENT);
  const inheritedType = guid(INHERITED_TYPE_PRESENT);
  const { sid, length } = parseSidAt(bytes, offset);
  // Bytes after the SID, which Windows allows, would be lost: keep such an ACE as it is.
  if (offset + length !== bytes.length) return { kind: 'other', bytes: Uint8Array.from(bytes) };
  return {
    kind,
    flags: view.getUint8(1),
    mask: view.getUint32(4, true),
    sid,
    ...(objectType === undefined ? {} : { objectType }),
    ...(inheritedType === undefined ? {} : { inheritedType }),
    ...(object && objectType === undefined && inheritedType === undefined ? { object: true as const } : {}),
  };
}

function printAcl(acl: Acl): Buffer {
  const aces = acl.aces.map(printAce);
  const header = Buffer.alloc(ACL_HEADER);
  header.writeUInt8(acl.revision, 0);
  header.writeUInt16LE(
    aces.reduce((sum, ace) => sum + ace.length, ACL_HEADER),
    2,
  );
  header.writeUInt16LE(aces.length, 4);
  return Buffer.concat([header, ...aces]);
}

function printAce(ace: Ace): Buffer {
  if (ace.kind === 'other') return Buffer.from(ace.bytes);
  const { objectType, inheritedType } = ace;
  const object = objectType !== undefined || inheritedType !== undefined || ace.object === true;
  const present =
    (objectType === undefined ? 0 : OBJECT_TYPE_PRESENT) |
    (inheritedType === undefined ? 0 : INHERITED_TYPE_PRESENT);
  const flags = Buffer.alloc(object ? 4 : 0);
  if (object) flags.writeUInt32LE(present);
  const tail = [
    flags,
    objectType === undefined ? Buffer.alloc(0) : guidToBytes(objectType),
    inheritedType === undefined ? Buffer.alloc(0) : guidToBytes(inheritedType),
    Buffer.from(sidToBytes(ace.sid)),
  ];
  const header = Buffer.alloc(ACE_HEADER);
  header.writeUInt8((ace.kind === 'allow' ? 0 : 1) + (object ? 5 : 0), 0);
  header.writeUInt8(ace.flags, 1);
  header.writeUInt16LE(
    tail.reduce((sum, part) => sum + part.length, ACE_HEADER),
    2,
  );
  header.writeUInt32LE(ace.mask, 4);
  return Buffer.concat([header, ...tail]);
}

function parseSidAt(bytes: Uint8Array, offset: number): { sid: string; length: number } {
  const length = 8 + 4 * (bytes[offset + 1] ?? 0);
  if (offset + length > bytes.length) throw malformed('SID');
  return { sid: sidFromBytes(bytes.subarray(offset, offset + length)), length };
}

function slice(bytes: Uint8Array, offset: number): Uint8Array {
  if (offset < HEADER || offset >= bytes.length) throw malformed('offset');
  return bytes.subarray(offset);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(part: string): DirectoryError {
  return new DirectoryError('ERR_DIRECTORY_DATA', `A security descriptor has a malformed ${part}.`);
}
