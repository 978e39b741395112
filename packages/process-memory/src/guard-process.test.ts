import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coreDumpLimit, isDebuggedBySignal, leakingFlags } from './exposure.ts';
import { guardProcess } from './guard-process.ts';

const limitsWith = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax stack size            8388608              unlimited            bytes     \nMax core file size        ${soft.padEnd(20)} unlimited            bytes     \n`;

function guard(execArgv: string[], nodeOptions?: string, limits = limitsWith('0')) {
  const warned: string[] = [];
  const report = { reportOnFatalError: false, reportOnSignal: true, reportOnUncaughtException: false };
  const signals: string[] = [];
  const problems = guardProcess({
    process: {
      execArgv,
      env: { NODE_OPTIONS: nodeOptions },
      report,
      on: (signal) => signals.push(signal),
    },
    limits,
    warn: (message) => void warned.push(message),
  });
  return { problems, warned: warned.join('\n'), report, signals };
}

test.each([
  [['--inspect'], undefined, '--inspect'],
  [['--inspect-brk=127.0.0.1:9229'], undefined, '--inspect-brk'],
  [['--enable-source-maps', '--heapsnapshot_signal=SIGUSR2'], undefined, '--heapsnapshot-signal'],
  [[], '--max-old-space-size=512 --inspect-wait', '--inspect-wait (from NODE_OPTIONS)'],
  [[], '"--heapsnapshot-near-heap-limit=1"', '--heapsnapshot-near-heap-limit (from NODE_OPTIONS)'],
  [['--abort-on-uncaught-exception'], undefined, '--abort-on-uncaught-exception'],
])('%j with NODE_OPTIONS %s is no way to start: %s', (execArgv, nodeOptions, flag) => {
  const { problems, signals } = guard(execArgv, nodeOptions);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/could be read out of this process; start it without$/);
  expect(problems[0]?.startsWith(`${flag}:`)).toBe(true);
  expect(signals).toEqual([]);
});

test('flags that only look like them are none', () => {
  const execArgv = ['--inspect-publish-uid=http', '--disable-sigusr1', '-e', 'inspect'];
  expect(leakingFlags({ execArgv, nodeOptions: '--no-warnings --title=--inspect' })).toEqual([]);
});

test('diagnostic reports are switched off, and that is said', () => {
  const { problems, report, warned, signals } = guard(['--disable-sigusr1']);
  expect(problems).toEqual([]);
  expect(report).toEqual({
    reportOnFatalError: false,
    reportOnSignal: false,
    reportOnUncaughtException: false,
  });
  expect(warned).toBe(
    'diagnostic reports of node were switched off: they carry the environment and what was under way',
  );
  expect(signals).toEqual(['SIGUSR1']);
});

test('core dumps and a debugger by signal are warned of in words, with what to do', () => {
  const { warned } = guard([], undefined, limitsWith('unlimited'));
  expect(warned).toContain(
    'core dumps are on (limit: unlimited), and one would hold passwords and keys: set LimitCORE=0',
  );
  expect(warned).toContain('without --disable-sigusr1');
  expect(isDebuggedBySignal({ execArgv: [], nodeOptions: '--disable-sigusr1' })).toBe(false);
});

test('the limit of core dumps is read as the kernel of this machine writes it', () => {
  expect(coreDumpLimit(limitsWith('0'))).toBeUndefined();
  expect(coreDumpLimit(limitsWith('1024000'))).toBe('1024000');
  expect(coreDumpLimit(undefined)).toBeUndefined();
  expect(readFileSync('/proc/self/limits', 'utf8')).toMatch(/^Max core file size\s+\S+/m);
});

test('a guarded process gets SIGUSR1 and opens no debugger, where an unguarded one does', async () => {
  const guardFile = JSON.stringify(new URL('guard-process.ts', import.meta.url).href);
  const wait = 'console.log("ready"); setTimeout(() => {}, 120_000)';
  const guarded = `const { guardProcess } = await import(${guardFile}); guardProcess({ process, limits: undefined, warn: console.error }); ${wait}`;
  const said = await saidAtSignal(guarded);
  expect(said).toMatch(/SIGUSR1 came, which asks node for a debugger: there is none here/);
  expect(said).not.toContain('Debugger listening');
  expect(await saidAtSignal(wait)).toContain('Debugger listening');
});

/** What a process prints on standard error until it has answered SIGUSR1. */
async function saidAtSignal(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--inspect-port=0', '--input-type=module', '-e', script], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  // What it says at its start may be read after the word on the other pipe.
  const answered = new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/SIGUSR1 came|Debugger listening/.test(said)) resolve();
    }),
  );
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGUSR1');
  await Promise.race([answered, ended]);
  child.kill('SIGKILL');
  await ended;
  return said;
}
