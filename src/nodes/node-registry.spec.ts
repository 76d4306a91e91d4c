import { describe, expect, it } from 'vitest';
import { NodeRegistry } from './node-registry.js';
import { LogNode } from './types/log/log.node.js';
import { SetNode } from './types/set/set.node.js';

class UntitledNode extends SetNode {
  override readonly title = '' as never;
}

describe('the node registry', () => {
  it('refuses two types of one name', () => {
    expect(() => new NodeRegistry([new SetNode(), new LogNode(), new SetNode()])).toThrow('"set" is there twice');
  });

  it('refuses a type that does not say all about itself', () => {
    expect(() => new NodeRegistry([new UntitledNode()])).toThrow('UntitledNode has no title');
  });

  it('names the type that was probably meant', () => {
    expect(() => new NodeRegistry([new SetNode()]).get('sett')).toThrow('did you mean "set"?');
  });

  it('knows nothing of names that only JavaScript knows', () => {
    expect(new NodeRegistry([new SetNode()]).nodeType('constructor')).toBeUndefined();
  });
});
