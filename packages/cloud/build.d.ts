/**
 * Bundles the cloud to `dist/cloud/main.mjs` (Node does not run .tsx), with a source map, and beside it `meta.json`:
 * what went in, for the test that says what may not.
 *
 * @returns the path of the bundle
 */
export declare function buildCloud(folder?: string): Promise<string>;
