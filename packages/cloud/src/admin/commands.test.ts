import { stripVTControlCharacters } from 'node:util';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { type AdminCommandDeps, registerAdminCommands } from './commands.ts';
import { qrCodeLines } from './qr-code.ts';

const URI =
  'otpauth://totp/Example%20Corporation:admin-anna?issuer=Example%20Corporation&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30';
const KEY = 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP';

async function created(deps: Partial<AdminCommandDeps>, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const program = new Command();
  registerAdminCommands(program, {
    ask: async () => ({ userName: 'admin-anna', password: 'made up', otpauthUri: URI }),
    print: { out: (line) => void out.push(line), err: (line) => void err.push(line) },
    askSecret: undefined,
    isWatched: false,
    signInUrl: async () => 'https://reset.example.com/admin/sign-in',
    ...deps,
  });
  await program.parseAsync(['admin', 'create', '--user-name', 'admin-anna', ...args], { from: 'user' });
  return { out, err };
}

test('somebody who looks gets a QR code and a key for the authenticator app', async () => {
  const { out, err } = await created({ isWatched: true });
  expect(err).toEqual(expect.arrayContaining(qrCodeLines(URI)));
  expect(err).toContain(`Or type this key into it: ${KEY}`);
  expect(err.at(-1)).toBe('Next: sign in at https://reset.example.com/admin/sign-in');
  expect(out).toEqual(['made up', URI]);
});

test('what is kept in a file has no pictures, and the same two lines', async () => {
  const { out, err } = await created({});
  expect(err.join('\n')).not.toContain('▀');
  expect(out).toEqual(['made up', URI]);
});

test('a QR code is square, dark on light, with a quiet zone of four modules', () => {
  const drawn = qrCodeLines(URI);
  expect(new Set(drawn.map((line) => line.slice(0, 22)))).toEqual(
    new Set(['\u001b[38;5;16m\u001b[48;5;231m ']),
  );
  const lines = drawn.map((line) => stripVTControlCharacters(line));
  const width = lines[0]?.length ?? 0;
  expect(width % 4).toBe(1);
  expect(lines).toHaveLength((width + 1) / 2);
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([width]));
  for (const line of [...lines.slice(0, 2), ...lines.slice(-2)]) expect(line).toMatch(/^[ ]+$/);
  // The finder pattern in the first corner: seven dark modules, one light.
  expect(lines[2]?.slice(0, 12)).toBe('    █▀▀▀▀▀█ ');
});
