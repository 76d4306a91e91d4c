import { ValuesNode } from './values.node.js';

export class SetNode extends ValuesNode {
  readonly type = 'set';
  readonly title = 'Set values';
  readonly description = 'Names values that later steps use; they are its output.';
}
