/**
 * A reset from the submitted form to the last byte of the answer, against the least that any product must do on
 * the same controller: the bare modify on a kept connection, and what peers do for every request. All are
 * interleaved in an order that rotates, and the same person passes the gates right before each of them: so a noisy
 * machine is noisy for all, and controller and caches are as warm for one as for another. (A bare modify right
 * behind a reset of the same person is up to a millisecond faster than one after a pause.)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, type Client } from 'ldapts';
import { startHomeward } from '../demo/homeward.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { Lab, LabForest, LabPerson } from '../lab-file.ts';
import type { Measured, Sampled } from './report.ts';
import { ROOMY_LIMITS, ROOMY_RULES } from './roomy.ts';
import { median, quantile } from './statistics.ts';
import { passGates, resetSealed, resetWithoutScript } from './timed-reset.ts';

export const ROUNDS = 200;
/** rounds that do not count: V8 interprets what has run only a few times */
const WARM_UP = 25;

export async function benchResetEndToEnd(
  lab: Lab,
  rounds = ROUNDS,
): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-bench-'));
  const homeward = await startHomeward({
    lab,
    folder,
    say: (line) => console.log(line),
    cloud: { limits: ROOMY_LIMITS },
    rules: ROOMY_RULES,
    cables: false,
  });
  const kept = await boundClient(homeward.forest);
  const samples = {
    submitted: [] as number[],
    posted: [] as number[],
    plain: [] as number[],
    bare: [] as number[],
    peers: [] as number[],
  };
  try {
    const people = homeward.forest.people.filter(({ kind }) => kind === 'ordinary');
    for (let round = -WARM_UP; round < rounds; round++) {
      const person = people[(round + WARM_UP) % people.length];
      if (person === undefined) throw new Error('the lab has nobody to reset');
      const behindGates = async (work: () => Promise<void>) => {
        await passGates(homeward, person);
        return timed(work);
      };
      const arms: (() => Promise<Partial<Record<keyof typeof samples, number>>>)[] = [
        () => resetSealed(homeward, person),
        async () => ({
          bare: await behindGates(() => modifyPassword(kept, `<GUID=${person.objectGuid}>`)),
        }),
        async () => ({ peers: await behindGates(() => resetAsPeersDo(homeward.forest, person)) }),
        async () => ({ plain: await resetWithoutScript(homeward, person) }),
      ];
      for (let arm = 0; arm < arms.length; arm++) {
        const measured = await arms[(arm + round + WARM_UP) % arms.length]?.();
        if (round < 0 || measured === undefined) continue;
        for (const [name, ms] of Object.entries(measured)) samples[name as keyof typeof samples].push(ms);
      }
      if (round < 0) continue;
      if ((round + 1) % 20 === 0) console.log(`  ${round + 1} of ${rounds} rounds`);
    }
  } finally {
    await kept.unbind();
    await homeward.stop();
    rmSync(folder, { recursive: true });
  }
  const bare = median(samples.bare);
  const against = (key: string, what: string, ratio: number, limit?: number): Measured => ({
    ...{ key, what, ratio, unit: '×' },
    ...(limit !== undefined && { limit }),
  });
  const submitted = median(samples.submitted);
  const posted = median(samples.posted);
  return {
    sampled: [
      sampled('sealed by script, submit to answer', samples.submitted),
      sampled('sealed by script, post to last byte', samples.posted),
      sampled('without script, submit to answer', samples.plain),
      sampled('bare LDAPS modify, kept connection', samples.bare),
      sampled('peers: connect, bind, search, modify', samples.peers),
    ],
    measured: [
      against('reset_end_to_end_vs_ldaps', 'submit to answer, against a bare modify', submitted / bare, 1.25),
      against('reset_pipeline_vs_ldaps', 'post to last byte, against a bare modify', posted / bare, 1.15),
      against(
        'reset_no_script_vs_ldaps',
        'without script, against a bare modify',
        median(samples.plain) / bare,
      ),
      against(
        'reset_end_to_end_vs_peer_floor',
        'submit to answer, against what peers do',
        submitted / median(samples.peers),
        1,
      ),
    ],
  };
}

async function resetAsPeersDo(forest: LabForest, person: LabPerson): Promise<void> {
  const client = await boundClient(forest);
  const filter = `(userPrincipalName=${person.userPrincipalName})`;
  const { searchEntries } = await client.search(forest.baseDn, { filter, attributes: ['distinguishedName'] });
  await modifyPassword(client, searchEntries[0]?.dn ?? '');
  await client.unbind();
}

async function boundClient(forest: LabForest): Promise<Client> {
  const client = await ldapsClient(forest);
  await client.bind(forest.agentAccount.userPrincipalName, forest.agentAccount.password);
  return client;
}

async function modifyPassword(client: Client, dn: string): Promise<void> {
  const values = [Buffer.from(`"${inventPassword()}"`, 'utf16le')];
  await client.modify(
    dn,
    new Change({ operation: 'replace', modification: new Attribute({ type: 'unicodePwd', values }) }),
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function sampled(what: string, samples: readonly number[]): Sampled {
  return { what, count: samples.length, p50: median(samples), p95: quantile(samples, 0.95) };
}
