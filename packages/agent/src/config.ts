import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Secret } from '@homeward/protocol/secret';
import { z } from 'zod';
import { AgentError } from './errors.ts';
import { type AgentRules, DEFAULT_RULES } from './rules/agent-rules.ts';
import { readRulesFile } from './rules/rules-file.ts';
import { syncSettings } from './sync/sync-settings.ts';
import { unreadable } from './unreadable.ts';
import { IN_OUR_WORDS, parseJson, pathText, problemLines } from './zod-problems.ts';

const hostName = z.string().regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be a host name');

const ATTRIBUTE = 'must be the name of an attribute, such as msDS-cloudExtensionAttribute15, or false';

const forest = z.strictObject({
  domain: hostName.describe('the domain, such as `corp.example.com`'),
  dnsServers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ usual: 'the system’s resolvers' })
    .describe('where the forest’s own DNS answers'),
  controllers: z
    .array(hostName)
    .min(1)
    .optional()
    .meta({ usual: 'DNS is asked' })
    .describe('use these domain controllers, and no others'),
  addresses: z
    .record(
      z.string(),
      z
        .string()
        .regex(
          /^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f:]+\]?)(:\d{1,5})?$/i,
          'must be an address, or address:port',
        ),
    )
    .optional()
    .describe('host name → `address` or `address:port`, where DNS cannot be asked'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .meta({ usual: 'the system’s store' })
    .describe('the CA of the controllers’ certificates, PEM'),
  account: z.strictObject({
    userPrincipalName: z
      .string()
      .regex(/^[^@\s]+@[^@\s]+$/, 'must look like agent@corp.example.com')
      .describe('the account that writes: `svc-homeward@corp.example.com`'),
    passwordFile: z.string().min(1).describe('file that holds its password'),
  }),
  searchBases: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ usual: 'the whole domain' })
    .describe('DNs: only people at or below these are served'),
  requirePolicyHints: z
    .boolean()
    .default(false)
    .describe(
      'refuse resets at a controller that offers no policy hints, and so would hold neither history nor minimum age. Windows Server 2016 and Samba 4.24 offer them',
    ),
  otherWritableController: z
    .boolean()
    .default(false)
    .describe('write to another controller while the PDC emulator is away'),
  marker: z
    .union([z.literal(false), z.string().regex(/^[a-z][a-z0-9-]{0,255}$/i, ATTRIBUTE)], ATTRIBUTE)
    .optional()
    .meta({ usual: '`false`: the version of `unicodePwd` is the evidence' })
    .describe(
      'an unused single-valued attribute that each write sets with the password, as its proof; the account needs the right to write it',
    ),
});

const proxy = z
  .strictObject({
    url: z
      .string()
      .refine(isProxyUrl, 'must be like http://proxy.example.com:3128, without name and password')
      .describe('`http://proxy.example.com:3128`, without name and password'),
    userName: z
      .string()
      .min(1)
      .regex(/^[^:]+$/, 'must not have a colon in it')
      .optional()
      .describe('where the proxy asks for Basic authentication'),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('file that holds the password of `userName`; both or neither'),
  })
  .refine(({ userName, passwordFile }) => (userName === undefined) === (passwordFile === undefined), {
    message: 'userName and passwordFile go together',
  });

/** What is told of each setting is a row of docs/settings.md: `node tools/settings-page.ts` makes it. */
export const configSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .default(hostname())
    .meta({ usual: 'the name of the machine' })
    .describe('how the agent is called in lists and logs'),
  stateFolder: z.string().min(1).describe('keys, journal, event log; for the agent’s account alone'),
  cloudCaFile: z
    .string()
    .min(1)
    .optional()
    .describe('the CA of the cloud’s certificate, PEM, where that is a private one'),
  proxy: proxy
    .optional()
    .describe(
      'the [HTTP proxy](agent.md#way-to-the-cloud) on the way to the cloud; directories are asked directly',
    ),
  pingEverySeconds: z
    .number()
    .int()
    .min(5)
    .max(600)
    .default(45)
    .describe('how often each link to the relay is pinged: below the idle limit of what lies between'),
  forests: z.array(forest).min(1).describe('the directories that this agent serves'),
  rulesFile: z
    .string()
    .min(1)
    .optional()
    .meta({ usual: 'the defaults of each rule' })
    .describe(
      'the agent’s [own rules](agent.md#rules-of-its-own), which nobody but this machine’s administrator sets',
    ),
  keyLifetimeDays: z
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(180)
    .describe('the age at which keys are replaced'),
  sync: syncSettings,
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('what is written to standard output, a JSON object a line'),
});

type Parsed = z.infer<typeof configSchema>;
type ParsedForest = Parsed['forests'][number];

export type ForestConfig = Omit<ParsedForest, 'caFile' | 'account'> & {
  ca: string | undefined;
  account: { userPrincipalName: string; password: Secret<string> };
};

export type ProxyConfig = {
  url: string;
  /** for Basic authentication (RFC 7617) */
  credentials?: { userName: string; password: Secret<string> };
};

export type AgentConfig = Omit<Parsed, 'forests' | 'cloudCaFile' | 'proxy' | 'rulesFile'> & {
  forests: ForestConfig[];
  cloudCa: string | undefined;
  proxy: ProxyConfig | undefined;
  rules: AgentRules;
  /** in full; undefined: the configuration names none, and the defaults hold */
  rulesFile: string | undefined;
};

/**
 * Reads the agent's configuration file. Paths in it are relative to the file.
 * @throws {AgentError} ERR_CONFIG_INVALID with every problem, a line each, by its path in the file
 */
export function readConfig(file: string): AgentConfig {
  const { config, rulesProblems } = readConfigAndRules(file);
  if (rulesProblems.length > 0) throw invalid(file, rulesLines(rulesProblems));
  return config;
}

/**
 * The same for what can do its work while the rules cannot be used: `rules` are the defaults then, and must not be
 * gone by.
 * @returns `rulesProblems`: a line each, by path in the rules file
 * @throws {AgentError} ERR_CONFIG_INVALID where anything else is wrong
 */
export function readConfigAndRules(file: string): { config: AgentConfig; rulesProblems: string[] } {
  const problems: string[] = [];
  const folder = dirname(resolve(file));
  const readText = (path: (string | number)[], name: string): string => {
    try {
      return readFileSync(resolve(folder, name), 'utf8');
    } catch (error) {
      const named = path.length === 0 ? '' : `${pathText(path)}: `;
      problems.push(named + unreadable(path.length === 0 ? 'it' : resolve(folder, name), error));
      return '';
    }
  };

  const text = readText([], file);
  const parsed = configSchema.safeParse(problems.length === 0 ? parseJson(text, problems) : {}, IN_OUR_WORDS);
  if (problems.length > 0) throw invalid(file, problems);
  if (!parsed.success) throw invalid(file, problemLines(parsed.error));
  const readPassword = (path: (string | number)[], name: string) =>
    new Secret(readText(path, name).replace(/\r?\n$/, ''));
  const { cloudCaFile, forests, stateFolder, proxy: through, ...rest } = parsed.data;
  const rulesFile = rest.rulesFile === undefined ? undefined : resolve(folder, rest.rulesFile);
  const domains = forests.map(({ domain }) => domain);
  const read = rulesFile === undefined ? undefined : readRulesFile(rulesFile, domains);
  const rulesProblems = read?.kind === 'problems' ? read.problems : [];
  const config: AgentConfig = {
    ...rest,
    stateFolder: resolve(folder, stateFolder),
    cloudCa: cloudCaFile === undefined ? undefined : readText(['cloudCaFile'], cloudCaFile),
    rulesFile,
    rules: read?.kind === 'rules' ? read.rules : DEFAULT_RULES,
    proxy: through && {
      url: through.url,
      ...(through.userName !== undefined &&
        through.passwordFile !== undefined && {
          credentials: {
            userName: through.userName,
            password: readPassword(['proxy', 'passwordFile'], through.passwordFile),
          },
        }),
    },
    forests: forests.map(({ caFile, account, ...others }, index) => ({
      ...others,
      ca: caFile === undefined ? undefined : readText(['forests', index, 'caFile'], caFile),
      account: {
        userPrincipalName: account.userPrincipalName,
        password: readPassword(['forests', index, 'account', 'passwordFile'], account.passwordFile),
      },
    })),
  };
  if (problems.length > 0) throw invalid(file, [...problems, ...rulesLines(rulesProblems)]);
  return { config, rulesProblems };
}

function rulesLines(problems: readonly string[]): string[] {
  return problems.map((problem) => `rulesFile: ${problem}`);
}

function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.pathname === '/' &&
    url.search === ''
  );
}

function invalid(file: string, problems: string[]): AgentError {
  return new AgentError(
    'ERR_CONFIG_INVALID',
    [`${file} cannot be used:`, ...problems.map((problem) => `  ${problem}`)].join('\n'),
  );
}
