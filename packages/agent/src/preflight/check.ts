/** `SKIP`: not tried, because something it needs is not there; that has a line of its own. */
export type CheckStatus = 'PASS' | 'WARN' | 'FAIL' | 'SKIP';

export type Finding = {
  /** where it differs from the check's own */
  title?: string;
  status: CheckStatus;
  /** one sentence */
  finding: string;
  /** what to do about it, one sentence */
  mend?: string;
  /** what to run about it, whole and ready to be copied */
  run?: string;
  /** for `--json`: what the sentence was made of */
  details?: unknown;
};

export type Check = {
  /** stable, for programs */
  id: string;
  title: string;
  /** ms */
  limit?: number;
  run: (onProgress: (text: string) => void) => Promise<Finding | Finding[]>;
};

export type CheckGroup = { title: string; checks: readonly Check[] };

export type CheckResult = Finding & { id: string; group: string; title: string };

const DEFAULT_LIMIT = 30_000;

export function pass(finding: string, details?: unknown): Finding {
  return { status: 'PASS', finding, ...(details !== undefined && { details }) };
}

export function warn(finding: string, mend: string, details?: unknown): Finding {
  return { status: 'WARN', finding, mend, ...(details !== undefined && { details }) };
}

export function fail(finding: string, mend: string, details?: unknown): Finding {
  return { status: 'FAIL', finding, mend, ...(details !== undefined && { details }) };
}

export function skip(finding: string): Finding {
  return { status: 'SKIP', finding };
}

/** Every check ends, by its limit if need be, and none keeps the next from being tried. */
export async function runCheck(
  group: string,
  check: Check,
  onProgress: (text: string) => void,
): Promise<CheckResult[]> {
  const limit = check.limit ?? DEFAULT_LIMIT;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(
      () =>
        resolve(
          fail(
            `It did not end within ${Math.round(limit / 1000)} s.`,
            'See what else fails here; then try again.',
          ),
        ),
      limit,
    );
  });
  try {
    const found = await Promise.race([check.run(onProgress), late]);
    return [found].flat().map((finding) => ({ id: check.id, group, title: check.title, ...finding }));
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const finding = fail(
      `The check itself failed: ${message}${code === undefined ? '' : ` (${code})`}`,
      'Report this with the agent’s version.',
    );
    return [{ id: check.id, group, title: check.title, ...finding }];
  } finally {
    clearTimeout(timer);
  }
}

/** One run for all who ask; also a failure is kept. */
export function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
