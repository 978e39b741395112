/** The cloud speaks TLS itself, by a private CA: browsers and the agent trust that CA, and nothing else. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { issueCertificate } from '../forest/certificate-authority.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { type Lab, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

let lab: Lab;
let homeward: Homeward;
let folder: string;
const trusted = getCACertificates('default');

beforeAll(async () => {
  lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  const certificates = join(folder, 'certificates');
  const certificate = await issueCertificate(lab.ca, {
    folder: certificates,
    name: 'cloud',
    hostNames: ['localhost'],
  });
  homeward = await startHomeward({
    lab,
    folder: join(folder, 'run'),
    cloud: PATIENT_PAGES,
    tls: { hostName: 'localhost', ...certificate },
  });
});

afterAll(async () => {
  setDefaultCACertificates(trusted);
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('who does not trust the CA gets no page', async () => {
  await expect(fetch(`${homeward.url}/reset`)).rejects.toMatchObject({
    cause: { code: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/) },
  });
});

test('a reset works over TLS, from the page to the agent that trusts the same CA', async () => {
  setDefaultCACertificates([...trusted, readFileSync(lab.ca.certFile, 'utf8')]);
  const { forest, mailbox, url } = homeward;
  const person = forest.people.findLast(({ kind }) => kind === 'ordinary');
  if (person === undefined) throw new Error('the lab has nobody to reset');
  const browser = new PlainBrowser();
  const password = inventPassword();
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
  expect(await provePasswordByKinit(forest, person.userPrincipalName, password)).toBe('accepted');
  const page = await fetch(`${url}/reset`);
  expect(page.headers.get('strict-transport-security')).toContain('max-age=31536000');
});
