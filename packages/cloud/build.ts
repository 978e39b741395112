import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const CHECKOUT = resolve(import.meta.dirname, '../..');

/**
 * Bundles the cloud to `dist/cloud/main.mjs` (Node does not run .tsx), with a source map, and beside it the scripts
 * for browsers, and `meta.json`: what went in, for the test that says what may not.
 *
 * @returns the path of the bundle
 */
export async function buildCloud(folder = join(CHECKOUT, 'dist/cloud')): Promise<string> {
  const outfile = join(folder, 'main.mjs');
  const { metafile } = await build({
    absWorkingDir: CHECKOUT,
    entryPoints: ['packages/cloud/src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    sourcemap: true,
    metafile: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // CommonJS dependencies call require() for Node's own modules, which an ES module does not have.
    banner: {
      js: "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);",
    },
  });
  const { sealPassword } = await buildIslands();
  await mkdir(join(folder, 'islands'), { recursive: true });
  await writeFile(join(folder, 'islands/seal-password.js'), sealPassword);
  await writeFile(join(folder, 'meta.json'), JSON.stringify(metafile));
  return outfile;
}

let islands: Promise<{ sealPassword: string }> | undefined;

/** The scripts that browsers get, with the same protocol code as everybody else. Built once in a process. */
export function buildIslands(): Promise<{ sealPassword: string }> {
  islands ??= bundleIsland('seal-password').then((sealPassword) => ({ sealPassword }));
  return islands;
}

async function bundleIsland(name: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: CHECKOUT,
    entryPoints: [`packages/cloud/src/portal/islands/${name}.ts`],
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

if (import.meta.main) {
  const outfile = await buildCloud();
  process.stdout.write(`${outfile}\n`);
}
