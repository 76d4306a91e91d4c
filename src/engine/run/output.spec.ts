import { describe, expect, it } from 'vitest';
import { MAX_OUTPUT_BYTES, serializeOutput } from './output.js';

describe('the JSON text of an output', () => {
  it('is made once of one that is large, also when the execution has that of its last step', () => {
    let made = 0;
    const output = {
      text: 'x'.repeat(100_000),
      toJSON(this: { text: string }) {
        made += 1;
        return { text: this.text };
      },
    };
    const text = serializeOutput(output);
    expect(serializeOutput(output)).toBe(text);
    expect(made).toBe(1);
  });

  it('is refused beyond 16 MiB, counted in bytes, and is none for no output', () => {
    expect(() => serializeOutput('é'.repeat(MAX_OUTPUT_BYTES / 2))).toThrow(/larger than/);
    expect(serializeOutput(null)).toBeNull();
    expect(serializeOutput(undefined)).toBeNull();
  });
});
