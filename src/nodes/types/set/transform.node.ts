import { ValuesNode } from './values.node.js';

export class TransformNode extends ValuesNode {
  readonly type = 'transform';
  readonly title = 'Transform';
  readonly description = 'Makes data of other data, by templates or by one expression; the result is its output.';
}
