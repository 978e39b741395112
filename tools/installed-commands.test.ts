/** packaging/bin: the two commands that every page and every advice names. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const COMMANDS = globSync('packaging/bin/*').sort();
const unitOf = (command: string) => readFileSync(`packaging/systemd/${basename(command)}.service`, 'utf8');

/** A copy that starts this node and shows what it was told, where `id -u` says who runs it. */
function run(command: string, { uid, told }: { uid: number; told: string[] }) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-commands-'));
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text, { mode: 0o755 });
  write('id', `#!/bin/sh\necho ${uid}\n`);
  write('runuser', '#!/bin/sh\nprintf "as [%s]" "$@"\n');
  write('node', '#!/bin/sh\nprintf "[%s]" "$@"; printf "%s" "$NODE_OPTIONS"\n');
  const copy = join(folder.path, basename(command));
  write(basename(command), readFileSync(command, 'utf8').replace('/usr/bin/node', join(folder.path, 'node')));
  const env = { PATH: `${folder.path}:${process.env['PATH']}`, NODE_OPTIONS: '--inspect' };
  const { status, stdout, stderr } = spawnSync(copy, told, { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.replaceAll(folder.path, '');
}

test('there is a command for each unit, and it can be executed', () => {
  expect(COMMANDS.map((command) => basename(command))).toEqual(['homeward-agent', 'homeward-cloud']);
  for (const command of COMMANDS) expect(statSync(command).mode & 0o111, command).toBe(0o111);
});

test.each(COMMANDS)('%s starts what its unit starts, by the same node with the same flags', (command) => {
  const [, started] = /^exec (.+) "\$@"$/m.exec(readFileSync(command, 'utf8')) ?? [];
  const [, line = ''] = /^ExecStart=(.+)$/m.exec(unitOf(command)) ?? [];
  expect(started).toMatch(/^\/usr\/bin\/node --disable-sigusr1 /);
  expect(line.startsWith(`${started} `), line).toBe(true);
});

test.each(COMMANDS)('%s hands on what it was told, and no options for node that somebody left', (command) => {
  const program = /\S+ "\$@"$/m.exec(readFileSync(command, 'utf8'))?.[0].split(' ')[0];
  expect(run(command, { uid: 1000, told: ['status', 'two words'] })).toMatch(
    new RegExp(`\\[${program}\\]\\[status\\]\\[two words\\]$`),
  );
});

test.each(COMMANDS)('%s called by root runs as the account of the service', (command) => {
  const name = basename(command);
  expect(unitOf(command)).toContain(`\nUser=${name}\n`);
  expect(run(command, { uid: 0, told: ['status', 'two words'] })).toBe(
    ['-u', name, '--', `/${name}`, 'status', 'two words'].map((word) => `as [${word}]`).join(''),
  );
});
