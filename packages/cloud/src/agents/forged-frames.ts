import { ProtocolError } from '@homeward/protocol/errors';
import type { AgentLink } from '@homeward/relay';

/** The code of a package that is not packed with the agent's key; what opens and merely cannot be read is none. */
export function isForgery(code: string): boolean {
  return code.startsWith('ERR_PACKAGE_');
}

/** The relay cannot tell what does not open, and closes a link that brought too much of it. What is thrown is thrown. */
export async function countingForgeries(link: AgentLink, opening: Promise<void>): Promise<void> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof ProtocolError && isForgery(error.code)) link.noteForged();
    throw error;
  }
}
