import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configSchema as agentConfig } from '../packages/agent/src/config.ts';
import { configSchema as cloudConfig } from '../packages/cloud/src/config.ts';

export const SETTINGS_PAGE = 'docs/settings.md';

/** JSON Schema as zod writes it (2020-12), as far as settings need it; `usual` is what holds without a default. */
type Schema = {
  type?: string;
  description?: string;
  usual?: string;
  default?: unknown;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
  const?: unknown;
  anyOf?: readonly Schema[];
};

export type Setting = { path: string; value: string; without: string; meaning: string };

/** Each setting of `cloud.json`, in the order of the schema; those of `limits` are in {@link limitSettings}. */
export function cloudSettings(): Setting[] {
  const { limits: _, ...others } = jsonSchemaOf(cloudConfig).properties ?? {};
  return Object.entries(others).flatMap(([name, schema]) =>
    settingsOf(name, schema, isRequired(cloudConfig, name)),
  );
}

/** Each setting of `agent.json`. */
export function agentSettings(): Setting[] {
  const { properties = {} } = jsonSchemaOf(agentConfig);
  return Object.entries(properties).flatMap(([name, schema]) =>
    settingsOf(name, schema, isRequired(agentConfig, name)),
  );
}

/** `limits` of `cloud.json`: what is counted, and its three numbers. */
export function limitSettings(): { name: string; counted: string; numbers: number[] }[] {
  const limits = jsonSchemaOf(cloudConfig).properties?.['limits']?.properties ?? {};
  return Object.entries(limits).map(([name, { description = '', properties = {} }]) => ({
    name,
    counted: description,
    numbers: ['max', 'withinSeconds', 'blockSeconds'].map((key) => Number(properties[key]?.default)),
  }));
}

/** docs/settings.md, made from the schemas that the two programs read their configuration by. */
export function settingsPage(): string {
  return `# Settings

Made from the programs' own schemas by \`node tools/settings-page.ts\`; a test fails when this page is out of date. How to begin is in [install.md](install.md).

Both files are JSON. What is **required** inside of a section is so where the section is there. Relative paths in them are relative to the file. Passwords stand in files of their own (a line break at the end is left out). A setting that is not known is a problem, and all problems are told at once, each by its path. The cloud reads its file at the start only, and so does the agent, but for its [rules](agent.md#changing-them).

## cloud.json

\`homeward-cloud\` looks for \`/etc/homeward/cloud.json\`, or where \`--config\` or \`HOMEWARD_CONFIG\` says.

${settingsTable(cloudSettings())}

### limits

Each name under \`limits\` takes \`max\`, \`withinSeconds\` and \`blockSeconds\`: more than \`max\` within that time, and nothing more is taken for \`blockSeconds\` (never shorter than \`withinSeconds\`). What is left out keeps its default. An IPv6 client counts by its /64.

${table(
  ['name', 'what is counted', '`max`', '`withinSeconds`', '`blockSeconds`'],
  limitSettings().map(({ name, counted, numbers }) => [`\`${name}\``, counted, ...numbers.map(String)]),
)}

Whoever knows a user ID can reach the first three for its owner, who then waits out the block or asks the help desk. Shorter blocks give whoever guesses more tries: 15 wrong codes of 1,000,000 in a day is what the default admits.

## agent.json

\`homeward-agent\` looks for \`/etc/homeward/agent.json\`, or where \`--config\` says. The file that \`rulesFile\` names has [its own table](agent.md#rules-of-its-own).

${settingsTable(agentSettings())}
`;
}

function jsonSchemaOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input' }) as Schema;
}

function isRequired(schema: z.ZodType, name: string): boolean {
  return jsonSchemaOf(schema).required?.includes(name) ?? false;
}

function settingsOf(path: string, schema: Schema, required: boolean): Setting[] {
  const inner = schema.type === 'array' ? schema.items : schema;
  const { properties, required: requiredWithin = [] } = inner ?? {};
  const own = {
    path,
    value: valuesOf(schema),
    without: withoutIt(schema, required),
    meaning: schema.description ?? '',
  };
  if (properties === undefined) return [own];
  const below = schema.type === 'array' ? `${path}[]` : path;
  return [
    // A section that says nothing of itself is read by its settings.
    ...(schema.description === undefined ? [] : [own]),
    ...Object.entries(properties).flatMap(([name, one]) =>
      settingsOf(`${below}.${name}`, one, requiredWithin.includes(name)),
    ),
  ];
}

function valuesOf(schema: Schema): string {
  const { type, enum: values, minimum, maximum, maxLength, items, anyOf } = schema;
  if (anyOf) return anyOf.map(valuesOf).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'integer') return `${minimum} to ${maximum?.toLocaleString('en')}`;
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'array') return items?.type === 'object' ? 'list' : 'list of text';
  if (type === 'string') return maxLength === undefined ? 'text' : `text, up to ${maxLength} characters`;
  return 'object';
}

function withoutIt({ usual, default: value }: Schema, required: boolean): string {
  if (required) return '**required**';
  if (usual !== undefined) return usual;
  if (value === undefined) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function settingsTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ path, value, without, meaning }) => [`\`${path}\``, value, without, meaning]);
  return table(['setting', 'value', 'without it', 'meaning'], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) writeFileSync(SETTINGS_PAGE, settingsPage());
