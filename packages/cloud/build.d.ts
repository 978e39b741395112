/**
 * Bundles the cloud to `dist/cloud/main.mjs` (Node does not run .tsx), with a source map, and beside it the scripts
 * for browsers, and `meta.json`: what went in, for the test that says what may not.
 *
 * @returns the path of the bundle
 */
export declare function buildCloud(folder?: string): Promise<string>;
/** The scripts that browsers get, with the same protocol code as everybody else. Built once in a process. */
export declare function buildIslands(): Promise<{ sealPassword: string }>;
