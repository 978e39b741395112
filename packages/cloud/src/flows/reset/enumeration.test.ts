/** Before a code is proven nobody can tell a known user ID from an unknown one: by words, bytes, or work done. */
import type { LogEvent } from 'kysely';
import { expect, test } from 'vitest';
import type { Answer, Browser } from '../../testing/browser.ts';
import { codesMade, newBrowser, withoutIds } from '../../testing/reset-steps.ts';
import { ANNA, startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

const DISABLED = {
  ...ANNA,
  externalId: 'ZA==',
  userName: 'off@corp.example.com',
  mail: null,
  samAccountName: 'off',
};
const WITHOUT_MAIL = {
  ...DISABLED,
  externalId: 'bQ==',
  userName: 'nom@corp.example.com',
  samAccountName: 'nom',
};
const PEOPLE = [ANNA, { ...DISABLED, active: false }, WITHOUT_MAIL];
const UNLIKE = [
  'nobody.here@corp.example.com',
  'off@corp.example.com',
  'nom@corp.example.com',
  'CORP\\nobody',
  'x',
];

const WRONG = '  ';

/** What a stranger can do with a user ID and no mailbox. */
const STEPS: Record<string, (browser: Browser, userId: string) => Promise<Answer>> = {
  'the user ID': (browser, userId) => browser.post('/reset', { userId }),
  'an empty code': (browser) => browser.post('/reset/code', { code: WRONG }),
  'a malformed code': (browser) => browser.post('/reset/code', { code: '12' }),
  'a new code': (browser) => browser.post('/reset/code/new', {}),
  'the page again': (browser) => browser.get('/reset/code'),
  'the password too early': (browser) =>
    browser.post('/reset/password', { password: 'a', confirmation: 'a' }),
};

const seen = ({ status, path, html, headers }: Answer) => ({
  status,
  path,
  html: withoutIds(html),
  headers: [...headers].filter(([name]) => name !== 'date'),
});

async function statementsOf(cloud: TestCloud, work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  cloud.onQuery = (event: LogEvent) => statements.push(event.query.sql);
  await work();
  cloud.onQuery = () => {};
  return statements;
}

test.each(UNLIKE)('a known user ID and %j get the same bytes at every step', async (unlike) => {
  await using cloud = await startTestCloud({ people: PEOPLE });
  const [known, unknown] = [newBrowser(cloud), newBrowser(cloud)];
  for (const [name, step] of Object.entries(STEPS)) {
    const answers = [await step(known, ANNA.userName), await step(unknown, unlike)];
    await codesMade(cloud);
    expect(seen(answers[1] as Answer), name).toEqual(seen(answers[0] as Answer));
  }
});

test.each(UNLIKE)(
  'wrong codes for a known user ID and %j are counted and told alike, to the end',
  async (unlike) => {
    await using cloud = await startTestCloud({ people: PEOPLE });
    const [known, unknown] = [newBrowser(cloud), newBrowser(cloud)];
    for (let round = 0; round < 4; round++) {
      for (const [browser, userId] of [
        [known, ANNA.userName],
        [unknown, unlike],
      ] as const) {
        await (round === 0 ? browser.post('/reset', { userId }) : browser.post('/reset/code/new', {}));
      }
      await codesMade(cloud);
      // A guess must not be right by chance: nobody's code has this HMAC.
      await cloud.database
        .updateTable('emailCode')
        .set({ codeHmac: 'ff'.repeat(32) })
        .execute();
      for (let tries = 0; tries < 6; tries++) {
        const answers = [
          await known.post('/reset/code', { code: '123456' }),
          await unknown.post('/reset/code', { code: '123456' }),
        ];
        expect(seen(answers[1] as Answer), `round ${round}, try ${tries}`).toEqual(
          seen(answers[0] as Answer),
        );
      }
    }
  },
);

test('the handlers run the same statements for known and unknown, and none that reads people', async () => {
  await using cloud = await startTestCloud({ people: PEOPLE, background: false });
  const [known, unknown] = [newBrowser(cloud), newBrowser(cloud)];
  const steps: typeof STEPS = {
    ...STEPS,
    'a wrong code': (browser) => browser.post('/reset/code', { code: '123456' }),
  };
  for (const [name, step] of Object.entries(steps)) {
    const first = await statementsOf(cloud, () => step(known, ANNA.userName));
    const second = await statementsOf(cloud, () => step(unknown, 'nobody@example.com'));
    expect(first.length, name).toBeGreaterThan(0);
    expect(second, name).toEqual(first);
    expect(
      first.filter((statement) => /"person"|"person_name"/.test(statement)),
      name,
    ).toEqual([]);
  }
});

test('a wrong code runs the same statements after the code sender has been there', async () => {
  // So few that the last but one locks the user ID, of which its owner is told.
  const limits = { wrongCodes: { max: 4 } };
  await using cloud = await startTestCloud({ people: PEOPLE, config: { limits } });
  const [known, unknown] = [newBrowser(cloud), newBrowser(cloud)];
  await known.post('/reset', { userId: ANNA.userName });
  await unknown.post('/reset', { userId: 'nobody@example.com' });
  await codesMade(cloud);
  await cloud.stopBackground();
  await cloud.database
    .updateTable('emailCode')
    .set({ codeHmac: 'ff'.repeat(32) })
    .execute();
  for (let tries = 0; tries < 6; tries++) {
    const [first, second] = [
      await statementsOf(cloud, () => known.post('/reset/code', { code: '123456' })),
      await statementsOf(cloud, () => unknown.post('/reset/code', { code: '123456' })),
    ];
    expect(first.length).toBeGreaterThan(3);
    expect(second).toEqual(first);
  }
  const told = await cloud.database.selectFrom('mailOutbox').select('kind').execute();
  expect(told).toEqual([{ kind: 'codesGuessed' }, { kind: 'codesGuessed' }]);
});

test('limits lock a user ID that is nobody’s just like one that is', async () => {
  await using cloud = await startTestCloud({
    people: PEOPLE,
    config: { limits: { codesAsked: { max: 3 } } },
  });
  for (const userId of [ANNA.userName, 'nobody@example.com']) {
    const answers: Answer[] = [];
    for (let start = 0; start < 4; start++) answers.push(await newBrowser(cloud).post('/reset', { userId }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  }
});
