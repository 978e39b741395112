import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManagedProcess } from './managed-process.ts';

function processOf(folder: string, script: string): ManagedProcess {
  return new ManagedProcess({
    name: 'the process',
    args: ['-e', script],
    cwd: folder,
    logFile: join(folder, 'process.log'),
  });
}

test('a process is started when it says so itself, and what an earlier one said does not count', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-'));
  const process = processOf(
    folder.path,
    'setTimeout(() => console.log("é is ready"), 300); setTimeout(() => {}, 60_000)',
  );
  writeFileSync(process.logFile, 'é is ready\n');
  await process.startUntilSaid('is ready');
  expect(process.log.match(/is ready/g)).toHaveLength(2);
  await process.stop();
});

test('one that ends before is told with what it said, whoever else is ready', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-'));
  const process = processOf(folder.path, 'console.log("listen EADDRINUSE"); process.exit(1)');
  writeFileSync(process.logFile, 'is ready\n');
  await expect(process.startUntilSaid('is ready')).rejects.toThrow(
    /the process ended \(1\):\n(.*\n)*listen EADDRINUSE/,
  );
});
