/** Why a file cannot be read, for whoever named it or runs the command. */
export function unreadable(file: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${file} does not exist`;
  if (code === 'EACCES' || code === 'EPERM')
    return `${file} cannot be read: permission denied. Run this as root, or as the agent’s own account`;
  if (code === 'EISDIR') return `${file} is a folder`;
  return `${file} cannot be read (${code ?? 'no reason was given'})`;
}
