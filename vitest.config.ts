import { defineConfig } from 'vitest/config';

/** Vitest leaves one core idle: of two that is half of the machine, and most tests wait anyway. */
const maxWorkers = '100%';

/** Tests that start clouds, agents, relays or processes on loopback, and so are seconds each. */
const SERVICES = [
  'packages/cloud/src/{admin,agents,flows,http,scim,verify}/**/*.test.ts',
  'packages/cloud/src/{cloud,main}.test.ts',
  'packages/agent/src/{enrol,events,link,network,preflight,rollover,status,sync,writeback}/**/*.test.ts',
  'packages/relay/src/**/*.test.ts',
  'packages/agent/src/guarded-run.test.ts',
  'lab/{channel,demo,mailbox,network}/**/*.test.ts',
  'tools/{bootstrap,fuzz,run-tests,systemd-units}.test.ts',
];

/** Scenarios that share no forest with others: they make their own, or need none. */
const FORESTS_OF_THEIR_OWN = [
  'lab/scenarios/{controllers-that-fail,kill-anything,role-that-moves,lab-down}.e2e.ts',
  'lab/scenarios/{no-canary-in-a-profile,vectors-in-python}.e2e.ts',
];

/**
 * All layers are projects of one run, so that one report counts them all. `unit` and `services` need nothing but
 * Node, and `make check` leaves the latter out; `repository` checks the checkout itself; `pages` needs a real browser;
 * `lab` needs root and starts a lab for each of its two workers, `forests` has those that make their own.
 */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    // What a busy machine may need; what has to be shorter says so where it is measured.
    hookTimeout: 60_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'packages/*/src/**/*.test.tsx', 'lab/**/*.test.ts'],
          exclude: [...SERVICES, '**/node_modules/**'],
          testTimeout: 60_000,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: {
          name: 'repository',
          include: ['tools/*.test.ts'],
          exclude: SERVICES,
          testTimeout: 120_000,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: { name: 'services', include: SERVICES, testTimeout: 120_000, maxWorkers },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: ['packages/cloud/src/**/*.lab.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: {
          name: 'forests',
          include: FORESTS_OF_THEIR_OWN,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: ['lab/scenarios/*.e2e.ts', 'packages/*/src/**/*.lab.ts'],
          exclude: ['packages/cloud/**', ...FORESTS_OF_THEIR_OWN, '**/node_modules/**'],
          globalSetup: ['lab/vitest-setup.ts'],
          setupFiles: ['lab/vitest-await-lab.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Each has a lab to itself.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
