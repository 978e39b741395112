/** Of this cloud, as its package says; a test holds them together. */
export const CLOUD_VERSION = '0.1.0';

/** Agents before this one are not asked how they are: they would not understand. */
export const OLDEST_AGENT_VERSION = '0.1.0';

/** Negative where `a` is older. Only the three numbers count; what is no version is older than all. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < 3; at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
}
