import { mustRun } from './run-command.ts';

/** The Debian mirror of this machine's own apt sources, as its network wants it; empty where they name none. */
export async function debianMirror(): Promise<string> {
  const listing = await mustRun('apt-get', [
    ...['indextargets', '--format', '$(REPO_URI)'],
    ...['Created-By: Packages', 'Component: main'],
  ]);
  return mirrorIn(listing);
}

/** Security updates have a repository of their own, which lacks everything else. */
export function mirrorIn(listing: string): string {
  return listing.split('\n').find((uri) => uri !== '' && !uri.includes('security')) ?? '';
}
