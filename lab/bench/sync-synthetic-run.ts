/** One measurement in a process of its own, so that its memory is nobody else's: prints one line of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchmarkSync } from '../../packages/agent/src/sync/sync-benchmark.ts';

const stateFolder = mkdtempSync(join(tmpdir(), 'homeward-bench-'));
try {
  const figures = await benchmarkSync({
    objects: Number(process.argv[2]),
    stateFolder,
    now: () => performance.now(),
  });
  // KiB on Linux (getrusage(2))
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ ...figures, peakMib }));
} finally {
  rmSync(stateFolder, { recursive: true });
}
