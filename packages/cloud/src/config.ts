/**
 * The configuration: one JSON file, read once, checked as a whole. All problems are told at once, each with the path
 * of the setting. Relative paths are relative to the file. Secrets are named by file, never written here.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { crossProblems } from './config-rules.ts';
import { CloudError } from './errors.ts';
import { DEFAULT_LIMITS, type Limit, type LimitName } from './verify/throttle/limits.ts';

const text = z.string().trim().min(1);
const seconds = (defaultSeconds: number, max: number) => z.int().min(1).max(max).default(defaultSeconds);

const limit = (name: LimitName) => {
  const { max, within, block }: Limit = DEFAULT_LIMITS[name];
  return z
    .strictObject({
      max: z.int().min(1).default(max),
      withinSeconds: z
        .int()
        .min(1)
        .default(within / 1000),
      blockSeconds: z
        .int()
        .min(1)
        .default(block / 1000),
    })
    .prefault({});
};

const schema = z.strictObject({
  listen: z.strictObject({
    /** an address of this machine, or a name of it */
    host: text,
    /** 0 takes a free one */
    port: z.int().min(0).max(65_535),
  }),
  /** what people type, without a path: https://reset.example.com */
  publicUrl: z.url({ protocol: /^https?$/ }),
  tls: z.strictObject({ certFile: text, keyFile: text }).optional(),
  /** the reverse proxy that speaks TLS with browsers; its X-Forwarded-For is believed, nobody else's */
  trustedProxy: z
    .strictObject({ addresses: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).min(1) })
    .optional(),
  dataFolder: text,
  /** made at first start, readable by its owner alone; never inside the data folder */
  masterKeyFile: text,
  tenant: z.strictObject({
    name: text.max(80),
    /** one line for people who are stuck: a phone number, an address, a desk */
    supportContact: text.max(160).optional(),
    /** in which times are told: Europe/Berlin */
    timeZone: z.string().refine(isTimeZone).default('UTC'),
    /**
     * New passwords are sealed in the browser, by script. `preferred`: without script they are sealed here, on
     * receipt, and this process can read them. `required`: such a password is refused, and the pages say so first.
     */
    sealing: z.enum(['preferred', 'required']).default('preferred'),
    /**
     * Mail addresses that an agent changed within the last 24 hours. `refuse`: no code is sent there, because nothing
     * else proves who asks.
     */
    freshAddresses: z.enum(['accept', 'refuse']).default('accept'),
  }),
  mail: z.strictObject({
    host: text,
    port: z.int().min(1).max(65_535),
    /** TLS from the first byte (usually port 465) */
    secure: z.boolean().default(false),
    /** default: required, but offered when the mail server is on this machine */
    starttls: z.enum(['required', 'offered', 'never']).optional(),
    /** PEM of the CA that signed the mail server's certificate, where it is not a public one */
    caFile: text.optional(),
    from: text,
    user: text.optional(),
    passwordFile: text.optional(),
  }),
  timings: z
    .strictObject({
      /** from the user ID to the submitted password */
      flowSeconds: seconds(15 * 60, 3600),
      codeSeconds: seconds(5 * 60, 900),
      /** how long a request may be under way to the directory */
      orderSeconds: seconds(120, 300),
      /** how long a page waits for the answer before it says that it is on its way */
      answerSeconds: seconds(10, 60),
      /** how long flows are kept after their start, for support */
      keepFlowsSeconds: seconds(86_400, 30 * 86_400),
    })
    .prefault({}),
  limits: z
    .strictObject({
      codesAsked: limit('codesAsked'),
      codesAskedInADay: limit('codesAskedInADay'),
      wrongCodes: limit('wrongCodes'),
      startsFromAddress: limit('startsFromAddress'),
      wrongCodesFromAddress: limit('wrongCodesFromAddress'),
      administratorProofs: limit('administratorProofs'),
      administratorProofsAnywhere: limit('administratorProofsAnywhere'),
      administratorProofsFromAddress: limit('administratorProofsFromAddress'),
      wrongUserCodes: limit('wrongUserCodes'),
      deviceCodesFromAddress: limit('deviceCodesFromAddress'),
    } satisfies Record<LimitName, unknown>)
    .prefault({}),
  agents: z
    .strictObject({
      /** a machine needs a token to become an agent: no administrator can be talked into approving a code */
      requireToken: z.boolean().default(false),
    })
    .prefault({}),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = Readonly<z.infer<typeof schema>>;

/** @throws {CloudError} ERR_CONFIG_INVALID, its message one problem a line */
export async function readConfig(file: string): Promise<Config> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : 'cannot be read';
    throw new CloudError('ERR_CONFIG_INVALID', `${file}: ${why}`, { cause });
  }
  return parseConfig(raw, dirname(resolve(file)));
}

/**
 * @param folder what relative paths are relative to
 * @throws {CloudError} ERR_CONFIG_INVALID, its message one problem a line
 */
export function parseConfig(raw: unknown, folder: string): Config {
  const parsed = schema.safeParse(raw, { reportInput: true });
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(wordsOf)),
    ...crossProblems(raw, folder),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new CloudError('ERR_CONFIG_INVALID', [...new Set(problems)].toSorted().join('\n'));
  }
  const config = parsed.data;
  const at = (path: string) => resolve(folder, path);
  return Object.freeze({
    ...config,
    publicUrl: new URL(config.publicUrl).origin,
    dataFolder: at(config.dataFolder),
    masterKeyFile: at(config.masterKeyFile),
    ...(config.tls && { tls: { certFile: at(config.tls.certFile), keyFile: at(config.tls.keyFile) } }),
    mail: {
      ...config.mail,
      ...(config.mail.passwordFile && { passwordFile: at(config.mail.passwordFile) }),
      ...(config.mail.caFile && { caFile: at(config.mail.caFile) }),
    },
  });
}

function wordsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...issue.path.map(String), key].join('.')}: is not a known setting`);
  }
  if (issue.input === undefined && issue.code === 'invalid_type') return [`${path}: is required`];
  return [`${path}: must be ${expectationOf(issue)}`];
}

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return (
        { int: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false' }[
          issue.expected as string
        ] ?? `an ${issue.expected}`
      );
    case 'too_small':
      return issue.origin === 'string' ? 'text that is not empty' : `at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `at most ${issue.maximum} characters long`
        : `at most ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return 'a URL like https://reset.example.com';
    case 'invalid_union':
      return 'an IP address or a range like 10.0.0.0/8';
    case 'custom':
      return 'a time zone like Europe/Berlin';
    default:
      return 'something else';
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
