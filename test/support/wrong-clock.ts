const Real = globalThis.Date;

/** From here on everything in this process that asks for the time gets one that is off. @returns what ends it. */
export function setClockOff(milliseconds: number): () => void {
  const now = (): number => Real.now() + milliseconds;
  class WrongDate extends Real {
    constructor(...given: [] | [number | string]) {
      if (given.length === 0) super(now());
      else super(...(given as [number]));
    }

    static override now(): number {
      return now();
    }

    /** What was made before is a date as well. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Function.prototype[Symbol.hasInstance].call(Real, value);
    }
  }
  globalThis.Date = WrongDate as DateConstructor;
  return () => {
    globalThis.Date = Real;
  };
}
