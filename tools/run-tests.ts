import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tallyLine, tallyRun } from './test-report.ts';

/** Runs vitest with every project, shows it live, and closes with one line that is counted from its report. */
const root = join(import.meta.dirname, '..');
const reportFile = join(root, '.test-output/report.json');

await mkdir(join(root, '.test-output'), { recursive: true });
// A report of an earlier run would be believed if this one ended before writing its own.
await rm(reportFile, { force: true });
const runner = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
const [exitCode] = (await once(runner, 'close')) as [number | null];
const tally = tallyRun(await readFile(reportFile, 'utf8').catch(() => undefined), exitCode);
for (const remark of tally.remarks) console.log(remark);
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
