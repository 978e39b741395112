import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const CHECKOUT = resolve(import.meta.dirname, '../..');

/**
 * Bundles the cloud to `dist/cloud/main.mjs` (Node does not run .tsx), with a source map, and beside it `meta.json`:
 * what went in, for the test that says what may not.
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
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'meta.json'), JSON.stringify(metafile));
  return outfile;
}

if (import.meta.main) {
  const outfile = await buildCloud();
  process.stdout.write(`${outfile}\n`);
}
