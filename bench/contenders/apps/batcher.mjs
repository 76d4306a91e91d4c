/** Gathers what comes while one write is under way, and writes it as the next one. */
export class Batcher {
  #gathered = [];
  #busy = false;
  #write;

  /** @param write writes a list of items */
  constructor(write) {
    this.#write = write;
  }

  /** @returns when the item is written */
  add(item) {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ item, resolve, reject });
      if (!this.#busy) void this.#flush();
    });
  }

  async #flush() {
    this.#busy = true;
    while (this.#gathered.length > 0) {
      const batch = this.#gathered;
      this.#gathered = [];
      try {
        await this.#write(batch.map((each) => each.item));
        for (const each of batch) each.resolve();
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
    }
    this.#busy = false;
  }
}
