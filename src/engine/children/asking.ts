import type { Suspended } from '../suspension/suspensions.js';
import type { ParentRow } from './children.statements.js';

/** A step that asks for children, and the execution that it stands in. */
export interface Asking {
  readonly step: Suspended;
  readonly parent: ParentRow;
}
