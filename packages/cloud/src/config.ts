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

const limit = (name: LimitName, counted: string) => {
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
    .prefault({})
    .describe(counted);
};

/** What is told of each setting is a row of docs/settings.md: `node tools/settings-page.ts` makes it. */
export const configSchema = z.strictObject({
  listen: z.strictObject({
    host: text.describe('an address of this machine, or a name of it'),
    port: z.int().min(0).max(65_535).describe('0 takes a free one'),
  }),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .describe(
      'what people type, without a path: `https://reset.example.com`. Plain http is for localhost only',
    ),
  tls: z
    .strictObject({
      certFile: text.describe('the certificate and the chain behind it, PEM; read at the start'),
      keyFile: text.describe('its private key, PEM; read at the start'),
    })
    .optional()
    .describe('where the cloud speaks TLS itself; an https address needs this or `trustedProxy`'),
  trustedProxy: z
    .strictObject({
      addresses: z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
        .min(1)
        .describe('where it connects from: addresses, or ranges like `10.0.0.0/8`'),
    })
    .optional()
    .describe(
      'the reverse proxy that speaks TLS with browsers. Its X-Forwarded-For is believed, nobody else’s; without `tls` nobody else may connect',
    ),
  dataFolder: text.describe('the store, and the socket for commands; made at the first start'),
  masterKeyFile: text.describe(
    'made at the first start, readable by its owner alone; never inside the data folder. [Keep a copy](operations.md#the-master-key-apart)',
  ),
  tenant: z.strictObject({
    name: text.max(80).describe('how the organisation is called on pages and in mails'),
    supportContact: text
      .max(160)
      .optional()
      .describe('one line for people who are stuck: a phone number, an address, a desk'),
    timeZone: z
      .string()
      .refine(isTimeZone)
      .default('UTC')
      .describe('in which times are told, such as `Europe/Berlin`'),
    sealing: z
      .enum(['preferred', 'required'])
      .default('preferred')
      .describe(
        'new passwords are sealed in the browser, by script. `preferred`: without script they are sealed by the cloud, on receipt, and it can read them. `required`: such a password is refused, and the pages say so first',
      ),
    freshAddresses: z
      .enum(['accept', 'refuse'])
      .default('accept')
      .describe(
        'whether codes go to mail addresses that [changed in the last 24 hours](operations.md#addresses-that-change)',
      ),
  }),
  mail: z.strictObject({
    host: text.describe('the mail server (SMTP)'),
    port: z.int().min(1).max(65_535).describe('usually 587, or 465 with `secure`'),
    secure: z.boolean().default(false).describe('TLS from the first byte'),
    starttls: z
      .enum(['required', 'offered', 'never'])
      .optional()
      .meta({ usual: '`required`; `offered` to a mail server on this machine' })
      .describe('TLS after the greeting; has no meaning with `secure`'),
    caFile: text
      .optional()
      .describe('the CA of the mail server’s certificate, PEM, where it is not a public one'),
    from: text.describe('the sender: `reset@example.com`, or `Homeward <reset@example.com>`'),
    user: text.optional().describe('where the mail server asks for a user name'),
    passwordFile: text.optional().describe('file that holds the password of `user`; both or neither'),
  }),
  timings: z
    .strictObject({
      flowSeconds: seconds(15 * 60, 3600).describe(
        'how long one reset may take, from the user ID to the new password',
      ),
      codeSeconds: seconds(5 * 60, 900).describe('how long a code from an e-mail works'),
      orderSeconds: seconds(120, 300).describe('how long a request may be under way to the directory'),
      answerSeconds: seconds(10, 60).describe(
        'how long a page waits for the answer before it says that it is not known yet',
      ),
      keepFlowsSeconds: seconds(86_400, 30 * 86_400).describe(
        'how long resets are kept after their start, for support',
      ),
    })
    .prefault({}),
  limits: z
    .strictObject({
      codesAsked: limit('codesAsked', 'mails with a code, per user ID as typed and per account'),
      codesAskedInADay: limit('codesAskedInADay', 'the same over a day: keeps a mailbox from being flooded'),
      wrongCodes: limit('wrongCodes', 'wrong codes, per user ID as typed and per account'),
      startsFromAddress: limit('startsFromAddress', 'resets that are begun, per client address'),
      wrongCodesFromAddress: limit('wrongCodesFromAddress', 'wrong codes, per client address'),
      administratorProofs: limit(
        'administratorProofs',
        'passwords and codes of an administrator, per user name and client address; a full sign-in clears it',
      ),
      administratorProofsAnywhere: limit(
        'administratorProofsAnywhere',
        'the same per user name, wherever from',
      ),
      administratorProofsFromAddress: limit(
        'administratorProofsFromAddress',
        'the same per client address, whatever the user name',
      ),
      wrongUserCodes: limit('wrongUserCodes', 'codes of machines that no machine has, per administrator'),
      deviceCodesFromAddress: limit(
        'deviceCodesFromAddress',
        'machines that ask to become an agent, per client address',
      ),
    } satisfies Record<LimitName, unknown>)
    .prefault({}),
  auditDays: z
    .int()
    .min(1)
    .max(3650)
    .default(365)
    .describe('how long the audit log keeps what happened; then it is deleted'),
  agents: z
    .strictObject({
      requireToken: z
        .boolean()
        .default(false)
        .describe(
          'a machine needs a token (`homeward-cloud token create`) to become an agent: no administrator can be talked into approving a code',
        ),
    })
    .prefault({}),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('what is written to standard output, a JSON object a line'),
});

export type Config = Readonly<z.infer<typeof configSchema>>;

/** @throws {CloudError} ERR_CONFIG_INVALID, its message one problem a line */
export async function readConfig(file: string): Promise<Config> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CloudError('ERR_CONFIG_INVALID', `${file}: ${whyUnread(cause)}`, { cause });
  }
  return parseConfig(raw, dirname(resolve(file)));
}

/**
 * @param folder what relative paths are relative to
 * @throws {CloudError} ERR_CONFIG_INVALID, its message one problem a line
 */
export function parseConfig(raw: unknown, folder: string): Config {
  const parsed = configSchema.safeParse(raw, { reportInput: true });
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

function whyUnread(cause: unknown): string {
  if (cause instanceof SyntaxError) return `is not JSON: ${cause.message}`;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file; --config names another one';
  if (code === 'EACCES' || code === 'EPERM')
    return 'cannot be read: permission denied. Run this as root, or as the cloud’s own account';
  return `cannot be read (${code ?? 'no reason was given'})`;
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
