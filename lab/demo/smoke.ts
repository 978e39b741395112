/**
 * `make smoke`: one reset through everything, without a person. Its last line is one JSON object, and its exit
 * code tells whether the new password works and the old one is refused.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { provePasswordByBind } from '../forest/ldaps-bind.ts';
import { setPassword } from '../forest/set-password.ts';
import { labFolder } from '../lab-file.ts';
import { startHomeward } from './homeward.ts';
import { PlainBrowser, passGates, submitPassword } from './reset-over-http.ts';
import { wireBytes } from './wire-bytes.ts';

const say = (line: string) => console.log(line);

try {
  const result = await smoke();
  console.log(JSON.stringify(result));
  process.exitCode = result.ok ? 0 : 1;
} catch (error) {
  console.error((error as Error).message);
  console.log(JSON.stringify({ ok: false, error: (error as Error).message.split('\n')[0] }));
  process.exitCode = 1;
}

async function smoke() {
  const { lab } = await bringLabUp(labFolder(), say);
  const folder = mkdtempSync(join(tmpdir(), 'homeward-smoke-'));
  const homeward = await startHomeward({ lab, folder, say, cables: false });
  try {
    const { forest, url, mailbox } = homeward;
    const ordinary = forest.people.filter(({ kind }) => kind === 'ordinary');
    const person = ordinary[Math.floor(Math.random() * ordinary.length)];
    if (person === undefined) throw new Error('the lab has nobody to reset');
    await setPassword(forest, person.userName, person.password);
    const newPassword = inventPassword();
    say(`resetting the password of ${person.userPrincipalName} …`);
    const browser = new PlainBrowser();
    await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
    const endToEndMs = await submitPassword(browser, newPassword);
    say(`the page says: ${browser.heading}`);
    const byKinit = await provePasswordByKinit(forest, person.userPrincipalName, newPassword);
    const byBind = await provePasswordByBind(forest, person.userPrincipalName, newPassword);
    const old = await provePasswordByKinit(forest, person.userPrincipalName, person.password);
    const newPasswordWorks = byKinit === 'accepted' && byBind === 'accepted';
    const oldPasswordRefused = old === 'refused';
    await setPassword(forest, person.userName, person.password);
    return {
      ok: newPasswordWorks && oldPasswordRefused,
      user: person.userPrincipalName,
      newPasswordWorks,
      oldPasswordRefused,
      endToEndMs: Math.round(endToEndMs),
      wireBytes: wireBytes(homeward.cloud.log),
    };
  } finally {
    await homeward.stop();
    rmSync(folder, { recursive: true });
  }
}
