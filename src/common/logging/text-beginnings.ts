/** Tells whether a text ends with the beginning of one of many, however many and however long they are. */
export class TextBeginnings {
  /** In the order of texts: those that begin alike stand together, behind their beginning. */
  private readonly sorted: readonly string[];
  private readonly longest: number;

  constructor(texts: Iterable<string>) {
    this.sorted = [...texts].sort();
    this.longest = this.sorted.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** How long the longest end of the text is with which one of them begins, but does not end. */
  endOf(text: string): number {
    for (let length = Math.min(this.longest - 1, text.length); length > 0; length--)
      if (this.goesOn(text.slice(-length))) return length;
    return 0;
  }

  private goesOn(beginning: string): boolean {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] ?? '') <= beginning) low = middle + 1;
      else high = middle;
    }
    return this.sorted[low]?.startsWith(beginning) === true;
  }
}
