/**
 * What was said inside recorded WebSocket connections (RFC 6455 section 5.2): the payloads of all frames,
 * unmasked, behind the HTTP upgrade. Of one that was still on its way, what had come.
 */
export function websocketPayloads(stream: Buffer): Buffer[] {
  const start = stream.indexOf('\r\n\r\n');
  const payloads: Buffer[] = [];
  let at = start + 4;
  while (start >= 0 && at + 2 <= stream.length) {
    const second = stream.readUInt8(at + 1);
    const masked = (second & 0x80) !== 0;
    let length = second & 0x7f;
    at += 2;
    // The rest of its head had not come yet.
    if (at + (length === 127 ? 8 : length === 126 ? 2 : 0) > stream.length) break;
    if (length === 126) {
      length = stream.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(stream.readBigUInt64BE(at));
      at += 8;
    }
    if (masked && at + 4 > stream.length) break;
    const mask = masked ? stream.subarray(at, at + 4) : undefined;
    at += masked ? 4 : 0;
    const payload = Buffer.from(stream.subarray(at, at + length));
    if (mask !== undefined)
      for (let i = 0; i < payload.length; i++) payload[i] = payload.readUInt8(i) ^ mask.readUInt8(i % 4);
    payloads.push(payload);
    at += length;
  }
  return payloads;
}
