/**
 * Reads a posted form (application/x-www-form-urlencoded, WHATWG URL section 5.1) without making a string of the
 * whole body: what can be avoided of a password lying about in memory is avoided. Strict where the usual parsers
 * are not: bytes that are no UTF-8 would silently become another password than the one typed.
 */
export type Form = {
  /** empty when absent; `undefined` when its bytes are no well-formed UTF-8 */
  text(name: string): string | undefined;
};

export type FormProblem = 'notAForm' | 'tooLarge' | 'malformed';

const MAX_BYTES = 8 * 1024;

export async function readForm(request: Request): Promise<Form | FormProblem> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return 'notAForm';
  const body = await readBody(request);
  if (body === undefined) return 'tooLarge';

  const fields = new Map<string, string | undefined>();
  for (const [start, end] of split(body, 0, body.length, AMPERSAND)) {
    if (start === end) continue;
    const equals = body.subarray(start, end).indexOf(EQUALS);
    const middle = equals < 0 ? end : start + equals;
    const name = decode(body.subarray(start, middle));
    if (name === undefined || fields.has(name)) return 'malformed';
    fields.set(name, decode(body.subarray(Math.min(middle + 1, end), end)));
  }
  return { text: (name) => (fields.has(name) ? fields.get(name) : '') };
}

const [AMPERSAND, EQUALS, PLUS, PERCENT, SPACE] = [0x26, 0x3d, 0x2b, 0x25, 0x20];

async function readBody(request: Request): Promise<Uint8Array | undefined> {
  const told = request.headers.get('content-length');
  if (told !== null) return readWhole(request, Number(told));
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The server ends a body where its header said. Read whole, it needs none of the machinery that streams need. */
async function readWhole(request: Request, length: number): Promise<Uint8Array | undefined> {
  return length <= MAX_BYTES ? new Uint8Array(await request.arrayBuffer()) : undefined;
}

function* split(bytes: Uint8Array, from: number, to: number, at: number): Generator<[number, number]> {
  let start = from;
  for (let index = from; index <= to; index++) {
    if (index < to && bytes[index] !== at) continue;
    yield [start, index];
    start = index + 1;
  }
}

/** Percent-decoding; a `%` that is followed by no two hex digits stands for itself, as browsers read it. */
function decode(encoded: Uint8Array): string | undefined {
  const bytes = new Uint8Array(encoded.length);
  let length = 0;
  for (let index = 0; index < encoded.length; index++) {
    const byte = encoded[index] ?? 0;
    const hex = byte === PERCENT ? hexPair(encoded[index + 1], encoded[index + 2]) : undefined;
    if (hex !== undefined) index += 2;
    bytes[length++] = hex ?? (byte === PLUS ? SPACE : byte);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
  } catch {
    return undefined;
  } finally {
    bytes.fill(0);
  }
}

function hexPair(high: number | undefined, low: number | undefined): number | undefined {
  if (high === undefined || low === undefined) return undefined;
  const text = String.fromCharCode(high, low);
  return /^[0-9a-fA-F]{2}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
