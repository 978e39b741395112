import type { AgentLog } from '../log.ts';
import type { EventFile } from './event-file.ts';
import { type EventLevel, recordOf } from './event-record.ts';

/**
 * The same log, with every line that carries an event id kept in the event log as well, whatever the log's own
 * level is. A full disk costs events, never a reset.
 */
export function recordEvents(log: AgentLog, file: EventFile, now: () => number): AgentLog {
  let isTold = false;
  const keep = (level: EventLevel, fields: object, message: string) => {
    try {
      const record = recordOf(level, fields, message, now());
      if (record !== undefined) file.append(record);
      isTold = false;
    } catch (err) {
      if (!isTold) log.error({ err }, 'events cannot be written down');
      isTold = true;
    }
  };
  const at = (level: EventLevel) => (fields: object, message: string) => {
    keep(level, fields, message);
    log[level](fields, message);
  };
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
