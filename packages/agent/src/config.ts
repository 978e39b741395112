import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Secret } from '@homeward/protocol/secret';
import { z } from 'zod';
import { AgentError } from './errors.ts';
import { type AgentRules, DEFAULT_RULES } from './rules/agent-rules.ts';
import { readRulesFile } from './rules/rules-file.ts';
import { syncSettings } from './sync/sync-settings.ts';
import { parseJson, pathText, problemLines } from './zod-problems.ts';

const hostName = z.string().regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be a host name');

const ATTRIBUTE = 'must be the name of an attribute, such as msDS-cloudExtensionAttribute15, or false';

const forest = z.strictObject({
  domain: hostName,
  /** where the forest's own DNS answers; the system's resolvers where absent */
  dnsServers: z.array(z.string().min(1)).min(1).optional(),
  /** use these domain controllers instead of asking DNS */
  controllers: z.array(hostName).min(1).optional(),
  /** host name → `address` or `address:port`, where DNS cannot be asked */
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
    .optional(),
  /** the CA of the controllers' certificates, PEM; the system's store where absent */
  caFile: z.string().min(1).optional(),
  account: z.strictObject({
    userPrincipalName: z.string().regex(/^[^@\s]+@[^@\s]+$/, 'must look like agent@corp.example.com'),
    passwordFile: z.string().min(1),
  }),
  /** only people below these are served; the whole domain where absent */
  searchBases: z.array(z.string().min(1)).min(1).optional(),
  requirePolicyHints: z.boolean().default(false),
  otherWritableController: z.boolean().default(false),
  /**
   * an unused single-valued attribute that each write sets with the password, as its proof; the account needs the
   * right to write it. Off where false or absent: then the version of `unicodePwd` is the evidence.
   */
  marker: z
    .union([z.literal(false), z.string().regex(/^[a-z][a-z0-9-]{0,255}$/i, ATTRIBUTE)], ATTRIBUTE)
    .optional(),
});

const proxy = z
  .strictObject({
    url: z
      .string()
      .refine(isProxyUrl, 'must be like http://proxy.example.com:3128, without name and password'),
    userName: z
      .string()
      .min(1)
      .regex(/^[^:]+$/, 'must not have a colon in it')
      .optional(),
    passwordFile: z.string().min(1).optional(),
  })
  .refine(({ userName, passwordFile }) => (userName === undefined) === (passwordFile === undefined), {
    message: 'userName and passwordFile go together',
  });

const schema = z.strictObject({
  name: z.string().min(1).max(64).default(hostname()),
  stateFolder: z.string().min(1),
  /** the CA of the cloud's certificate, PEM, where that is a private one */
  cloudCaFile: z.string().min(1).optional(),
  /** the HTTP proxy on the way to the cloud; directories are asked directly */
  proxy: proxy.optional(),
  /** how often each link to the relay is pinged: below the idle limit of what lies between */
  pingEverySeconds: z.number().int().min(5).max(600).default(45),
  forests: z.array(forest).min(1),
  /** the agent's own rules, which nobody but this machine's administrator sets; the defaults where absent */
  rulesFile: z.string().min(1).optional(),
  /** the age at which keys are replaced */
  keyLifetimeDays: z.number().int().min(1).max(3_650).default(180),
  sync: syncSettings,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

type Parsed = z.infer<typeof schema>;
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
      problems.push(
        `${pathText(path)}: ${resolve(folder, name)} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      );
      return '';
    }
  };

  const text = readText([], file);
  const parsed = schema.safeParse(problems.length === 0 ? parseJson(text, problems) : {});
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
