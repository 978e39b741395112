import type { ResetFlow } from './flow.ts';
import { FLOW_FIELD } from './steps.ts';

/** Says in a form which flow it belongs to: another tab may begin another one, and the browser has one cookie. */
export function FlowField({ flow }: { flow: ResetFlow }) {
  // Without "off" a browser may put back what the field had before the page was loaded again.
  return <input type="hidden" name={FLOW_FIELD} value={flow.id} autocomplete="off" />;
}
