/** The text of a function that stands alone, as a script that runs it on the page. */
export function islandOf(run: (page: Document) => void): string {
  return `(${run.toString()})(document);\n`;
}
