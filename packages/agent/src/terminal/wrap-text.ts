import { displayWidth } from './display-width.ts';

/** Lines no wider than `width`, broken at spaces; a word that is wider stays whole, so that it can be copied. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** The text with `first` in front of its first line, and as much space in front of the others. */
export function hang(first: string, text: string, width: number): string[] {
  const indent = displayWidth(first);
  const lines = wrapText(text, Math.max(20, width - indent));
  return (lines.length === 0 ? [''] : lines).map(
    (line, at) => (at === 0 ? first : ' '.repeat(indent)) + line,
  );
}
