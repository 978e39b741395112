import { expect, test } from 'vitest';
import { mustRun, runCommand } from './run-command.ts';

test('what a program reads, prints and ends with comes through', async () => {
  const { code, stdout, stderr } = await runCommand(
    'sh',
    ['-c', 'read line; echo "got $line"; echo bad >&2; exit 3'],
    {
      input: 'a password\n',
    },
  );
  expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: 'got a password\n', stderr: 'bad\n' });
});

test('a program sees the environment of the lab, not that of the caller', async () => {
  const stdout = await mustRun('env', [], { environment: { KRB5_CONFIG: '/srv/krb5.conf' } });
  expect(stdout.trimEnd().split('\n').toSorted()).toEqual([
    'KRB5_CONFIG=/srv/krb5.conf',
    'LC_ALL=C.UTF-8',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]);
});

test('a failure carries the last that was said, and not the arguments', async () => {
  const failing = mustRun('sh', ['-c', 'echo nothing works >&2; exit 1', 'Secret-1']);
  await expect(failing).rejects.toMatchObject({
    code: 'ERR_LAB_COMMAND_FAILED',
    message: 'sh failed (1).\nnothing works',
  });
  await expect(mustRun('/nowhere/program', [])).rejects.toMatchObject({ code: 'ERR_LAB_COMMAND_FAILED' });
});

test('a program that takes too long is ended', async () => {
  expect(await runCommand('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({ code: null });
});
