import { randomUUID } from 'node:crypto';

let sequence = 0;

/**
 * An id that sorts by the time of what it names, and among entries of one millisecond by the order in which they
 * were made: UUID version 7 with a counter in rand_a (RFC 9562 sections 5.7 and 6.2).
 *
 * @param at Unix ms
 */
export function entryId(at: number): string {
  sequence = (sequence + 1) % 0x1000;
  const time = at.toString(16).padStart(12, '0');
  const counter = sequence.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${randomUUID().slice(19)}`;
}
