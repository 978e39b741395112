import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One result: a ratio against a baseline of the same run, or values with their unit; and where it should lie. */
export type Measured = {
  key: string;
  what: string;
  limit?: number;
} & (
  | { ratio: number; unit: '×' }
  | { value: number; unit: string }
  | { parts: Record<string, number>; unit: string }
);

export type Sampled = { what: string; count: number; p50: number; p95: number };

const FILE = resolve(import.meta.dirname, '../../.bench/latest.json');

export function printReport(sampled: readonly Sampled[], measured: readonly Measured[]): void {
  const width = Math.max(...[...sampled, ...measured].map(({ what }) => what.length));
  console.log(`\n${'in ms'.padEnd(width)}  count     p50     p95`);
  for (const { what, count, p50, p95 } of sampled) {
    console.log(
      `${what.padEnd(width)}  ${String(count).padStart(5)} ${p50.toFixed(1).padStart(7)} ${p95.toFixed(1).padStart(7)}`,
    );
  }
  console.log('');
  for (const one of measured) {
    console.log(`${one.what.padEnd(width)}  ${figureOf(one)}${limitOf(one)}`);
  }
}

/** Writes `.bench/latest.json`. @returns whether every figure is within its limit */
export function keepReport(measured: readonly Measured[]): boolean {
  const entries = measured.map((one) => [one.key, kept(one)]);
  mkdirSync(join(FILE, '..'), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  return measured.every(isWithin);
}

function figureOf(one: Measured): string {
  if ('ratio' in one) return `${one.ratio < 0.01 ? one.ratio.toPrecision(2) : one.ratio.toFixed(2)} ×`;
  if ('value' in one) return `${one.value} ${one.unit}`;
  const parts = Object.entries(one.parts).map(([name, value]) => `${name} ${value}`);
  return `${parts.join(', ')} ${one.unit}`;
}

function kept(one: Measured): object {
  const { unit } = one;
  if ('ratio' in one) return { ratio: round(one.ratio), unit };
  return 'value' in one ? { value: one.value, unit } : { ...one.parts, unit };
}

function limitOf(one: Measured): string {
  if (one.limit === undefined) return '';
  return isWithin(one) ? `   (goal: at most ${one.limit})` : `   ABOVE the goal of ${one.limit}`;
}

function isWithin(one: Measured): boolean {
  if (one.limit === undefined || 'parts' in one) return true;
  return ('ratio' in one ? one.ratio : one.value) <= one.limit;
}

function round(figure: number): number {
  return Number(figure.toPrecision(4));
}
