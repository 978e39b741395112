/**
 * What synchronisation costs for very many people: import, synchronisation and export of synthetic objects through the
 * real store, and a delta of a hundred changes among them. A tenth of them first, to see that it stays linear.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SyncFigures } from '../../packages/agent/src/sync/sync-benchmark.ts';
import type { Measured, Sampled } from './report.ts';

export const OBJECTS = 1_000_000;

const RUN = join(import.meta.dirname, 'sync-synthetic-run.ts');

type Figures = SyncFigures & { peakMib: number };

export async function benchSyntheticSync(
  objects = OBJECTS,
): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  const tenth = await measure(objects / 10);
  const all = await measure(objects);
  const cycle = totalOf(all);
  return {
    sampled: [],
    measured: [
      {
        key: 'sync_1m_peak_mib',
        what: `memory for ${objects} objects, at most`,
        value: all.peakMib,
        unit: 'MiB',
        limit: 1228,
      },
      {
        key: 'sync_objects_per_second',
        what: 'imported, synchronised and exported',
        value: Math.round((objects / cycle) * 1000),
        unit: 'objects/s',
      },
      {
        key: 'sync_time_against_linear',
        what: `time for ${objects}, against ten times that of a tenth`,
        ratio: cycle / (10 * totalOf(tenth)),
        unit: '×',
      },
      {
        key: 'sync_delta_vs_full',
        what: '100 changes, against the full cycle',
        ratio: all.deltaMs / cycle,
        unit: '×',
        limit: 0.001,
      },
    ],
  };
}

function totalOf({ firstMs }: Figures): number {
  return firstMs.import + firstMs.synchronise + firstMs.export;
}

async function measure(objects: number): Promise<Figures> {
  console.log(`Synchronising ${objects} synthetic objects …`);
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    RUN,
    String(objects),
  ]);
  const figures = JSON.parse(stdout) as Figures;
  const { firstMs, unchangedMs, deltaMs, peakMib } = figures;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `  import ${seconds(firstMs.import)}, synchronise ${seconds(firstMs.synchronise)}, export ${seconds(firstMs.export)}; ` +
      `unchanged ${seconds(unchangedMs)}; 100 changes ${deltaMs.toFixed(0)} ms; ${peakMib} MiB`,
  );
  return figures;
}
