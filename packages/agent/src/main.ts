#!/usr/bin/env node
import { userInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { openDirectory } from '@homeward/active-directory';
import { guardProcess, startedWith } from '@homeward/process-memory/guard-process';
import { readLimits } from '@homeward/process-memory/read-limits';
import { Command } from 'commander';
import { pino } from 'pino';
import { faultText } from './advice/fault-text.ts';
import { type AgentConfig, type ForestConfig, readConfig, readConfigAndRules } from './config.ts';
import { registerWriteback } from './enrol/register-writeback.ts';
import { AgentError } from './errors.ts';
import { openEventFile } from './events/event-file.ts';
import { registerEvents } from './events/events-command.ts';
import { recordEvents } from './events/record-events.ts';
import { registerJournal } from './journal/register-journal.ts';
import { cloudNetwork } from './network/cloud-network.ts';
import { registerPermissions } from './permissions/register-permissions.ts';
import { forestNetwork } from './preflight/controllers-of-forest.ts';
import { findPeople } from './preflight/find-people.ts';
import { inspectTls } from './preflight/inspect-tls.ts';
import { memoryFacts } from './preflight/memory-facts.ts';
import { registerPreflight } from './preflight/register-preflight.ts';
import { registerKeys } from './rollover/keys-command.ts';
import { registerBreaker } from './rules/breaker-commands.ts';
import { registerRules } from './rules/rules-command.ts';
import { rulesPlaceOf } from './rules/rules-file.ts';
import { type AgentDeps, settingsOf, startAgent } from './service.ts';
import { registerStatus } from './status/status-command.ts';
import { registerSync } from './sync/register-sync.ts';
import { shellQuote } from './terminal/shell-quote.ts';
import { openTerminal } from './terminal/terminal.ts';
import { refuseWrongCalls } from './terminal/wrong-calls.ts';
import { AGENT_VERSION } from './version.ts';

const CONFIG_FILE = '/etc/homeward/agent.json';

const program = new Command('homeward-agent')
  .description('Writes passwords that people reset in Homeward to the company’s own Active Directory.')
  .version(AGENT_VERSION)
  .option('-c, --config <file>', 'configuration file', CONFIG_FILE);

registerWriteback(program, () => {
  const config = load();
  const { sleep, signal } = interruptible();
  return {
    config,
    deps: { ...recorded(config, 'silent'), terminal: terminal(), command: self(), sleep, signal },
  };
});

program
  .command('run')
  .description('serve resets and keep people up to date, until stopped')
  .action(async () => {
    const config = load();
    const deps = recorded(config, config.logLevel);
    guardMemory(deps);
    const agent = await startAgent(config, deps);
    process.on('SIGHUP', agent.rereadRules);
    const stop = () => void agent.stop().then(() => process.exit(0));
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    void agent.disabled.then(stop);
  });

registerPermissions(
  program,
  () => {
    const config = load();
    const deps = depsOf(config, 'silent');
    return { config, deps: { terminal: terminal(), command: self(), openForest: forestOpener(deps) } };
  },
  exitWith,
);

registerPreflight(
  program,
  () => {
    const { config, rulesProblems } = loadBesideRules();
    const deps = depsOf(config, 'silent');
    return {
      config: { ...config, rulesProblems },
      deps: {
        ...deps,
        terminal: terminal(),
        command: self(),
        nodeVersion: process.versions.node,
        memory: () => memoryFacts(config.stateFolder, startedWith(process)),
        network: forestNetwork,
        inspectTls,
        openForest: forestOpener(deps),
        findPeople: (forest, name) => findPeople(settingsOf(forest), deps, name),
      },
    };
  },
  exitWith,
);

registerStatus(
  program,
  () => {
    const { config, rulesProblems } = loadBesideRules();
    const deps = depsOf(config, 'silent');
    return {
      config: { ...config, rulesProblems },
      deps: { ...deps, terminal: terminal(), command: self(), openForest: forestOpener(deps) },
    };
  },
  exitWith,
  () => {
    const clock = { now: () => Date.now() };
    return { ...rulesPlaceOf(configFile()), deps: { terminal: terminal(), command: self(), clock } };
  },
);

registerKeys(
  program,
  () => {
    const config = load();
    const sleep = (ms: number) => setTimeout(ms);
    return { config, deps: { ...depsOf(config, 'silent'), terminal: terminal(), command: self(), sleep } };
  },
  exitWith,
);

registerBreaker(
  program,
  () => {
    const config = load();
    return { config, deps: { ...recorded(config, 'silent'), terminal: terminal(), command: self() } };
  },
  exitWith,
);

registerJournal(
  program,
  () => {
    const config = load();
    const deps = { ...recorded(config, 'silent'), terminal: terminal(), command: self() };
    return { config, deps: { ...deps, operator: operator() } };
  },
  exitWith,
);

registerRules(
  program,
  () => ({ place: rulesPlaceOf(configFile()), deps: { terminal: terminal(), command: self() } }),
  exitWith,
);

registerEvents(program, () => {
  const closed = new AbortController();
  process.stdout.once('error', () => closed.abort());
  const config = load();
  return { config, deps: { ...depsOf(config, 'silent'), terminal: terminal(), signal: closed.signal } };
});

registerSync(
  program,
  () => {
    const config = load();
    return { config, deps: { ...depsOf(config, 'silent'), terminal: terminal(), command: self() } };
  },
  exitWith,
);

/** @throws {AgentError} ERR_CONFIG_INVALID */
function guardMemory({ log }: Pick<AgentDeps, 'log'>): void {
  const warn = (message: string) => log.warn({}, message);
  const problems = guardProcess({ process, limits: readLimits('self'), warn });
  if (problems.length > 0) throw new AgentError('ERR_CONFIG_INVALID', problems.join('\n'));
}

function exitWith(code: number): void {
  process.exitCode = code;
}

/** Waiting that Ctrl-C ends without ending the process: what waits says what that means. */
function interruptible() {
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  const sleep = (ms: number) =>
    setTimeout(ms, undefined, { signal: stopped.signal }).catch((error: unknown) => {
      if (!stopped.signal.aborted) throw error;
    });
  return { sleep, signal: stopped.signal };
}

function terminal() {
  return openTerminal({ input: process.stdin, output: process.stdout, error: process.stderr }, process.env);
}

/** How to call this program again with the same configuration. */
function self(): string {
  const config = configFile();
  return config === CONFIG_FILE ? 'homeward-agent' : `homeward-agent -c ${shellQuote(config)}`;
}

/** Who gives an order on this machine, as far as it can tell. */
function operator(): string {
  const { username } = userInfo();
  const behind = process.env['SUDO_USER'];
  return behind === undefined ? username : `${behind} (as ${username})`;
}

function configFile(): string {
  return program.opts<{ config: string }>().config;
}

function forestOpener(deps: AgentDeps) {
  return (forest: ForestConfig, account: ForestConfig['account'] = forest.account) =>
    openDirectory(settingsOf({ ...forest, account }), deps);
}

function load(): AgentConfig {
  const config = readConfig(configFile());
  trustCloudCa(config);
  return config;
}

/** For what looks at what is wrong, and does not go by the rules. */
function loadBesideRules() {
  const loaded = readConfigAndRules(configFile());
  trustCloudCa(loaded.config);
  return loaded;
}

/** Added to the system's authorities, for https and wss to the cloud; directories name their own. */
function trustCloudCa({ cloudCa }: AgentConfig): void {
  if (cloudCa !== undefined) setDefaultCACertificates([...getCACertificates('default'), cloudCa]);
}

function depsOf(config: AgentConfig, level: string): AgentDeps {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    random: Math.random,
    ...cloudNetwork(config.proxy),
    log: pino({ level, base: { agent: config.name }, timestamp: pino.stdTimeFunctions.isoTime }),
  };
}

/** The same with an event log: for what acts, not for what only looks. */
function recorded(config: AgentConfig, level: string): AgentDeps {
  const deps = depsOf(config, level);
  return { ...deps, log: recordEvents(deps.log, openEventFile(config.stateFolder), deps.clock.now) };
}

refuseWrongCalls(program, (exit) => process.exit(exit));
try {
  await program.parseAsync();
} catch (error) {
  const { text, exit } = faultText(error);
  process.stderr.write(`homeward-agent: ${text}\n`);
  process.exit(exit);
}
