import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', 'lab/**/*.md'], {
  exclude: ['**/node_modules/**'],
});

test.each(pages)('every link and picture of %s leads somewhere', (page) => {
  const text = readFileSync(page, 'utf8');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const local = targets.filter((target) => !/^[a-z]+:/.test(target));
  for (const target of local) {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page : join(dirname(page), file);
    expect(existsSync(path), `${page} → ${target}`).toBe(true);
    if (anchor !== undefined) {
      const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .trim()
          .replaceAll(' ', '-'),
      );
      expect(headings, `${page} → ${target}`).toContain(anchor);
    }
  }
});

test('the list of decisions has every page of them, by its title', () => {
  const list = readFileSync('docs/decisions/README.md', 'utf8');
  const decisions = globSync('docs/decisions/[0-9]*.md').sort();
  const rows = decisions.map((page) => {
    const [, number, title] = /^# (\d+)\. (.+)$/m.exec(readFileSync(page, 'utf8')) ?? [];
    expect(basename(page).startsWith(`${number?.padStart(3, '0')}-`), page).toBe(true);
    return `| ${number} | [${title}](${basename(page)}) |`;
  });
  expect(list.match(/^\| \d+ \|.*$/gm), 'each has a row in docs/decisions/README.md').toEqual(rows);
});

test('every make command that a page names is there', () => {
  const targets = [...readFileSync('Makefile', 'utf8').matchAll(/^([a-z][a-z-]*):/gm)].map(
    ([, target]) => target,
  );
  expect(targets).toContain('test');
  for (const page of pages) {
    const named = [...readFileSync(page, 'utf8').matchAll(/(?:^|`)make ([a-z][a-z-]*)/gm)].map(
      ([, target]) => target,
    );
    for (const target of named) expect(targets, `${page}: make ${target}`).toContain(target);
  }
});

test('the protocol page and the code agree on sizes and numbers', async () => {
  const page = readFileSync('docs/protocol.md', 'utf8');
  const { FRAME_TYPES, MAX_FRAME_SIZE, MIN_FRAME_SIZE } = await import('../packages/protocol/src/frame.ts');
  const { FLAGS, OPERATIONS } = await import('../packages/protocol/src/operation.ts');
  const { BUCKETS } = await import('../packages/protocol/src/inner-envelope.ts');
  expect(page).toContain(`type: ${FRAME_TYPES.request} request, ${FRAME_TYPES.reply} reply`);
  expect(page).toContain(`A frame has ${MIN_FRAME_SIZE} to ${MAX_FRAME_SIZE.toLocaleString('en')} bytes`);
  expect(page).toContain(BUCKETS.map((size, index) => `${index} → ${size.toLocaleString('en')}`).join(', '));
  expect(page).toContain(
    `flags: ${FLAGS.mustChange} must change, ${FLAGS.unlockToo} unlock too, ${FLAGS.sealedByCloud} sealed by the cloud`,
  );
  const words = {
    reset: 'reset',
    change: 'change',
    unlock: 'unlock',
    verify: 'verify',
    dryRun: 'dry run',
    adminReset: 'administrator reset',
  };
  const told = Object.entries(OPERATIONS).map(
    ([name, { code }]) => `${code} ${words[name as keyof typeof words]}`,
  );
  expect(page).toContain(`operation: ${told.join(', ')}`);
});
