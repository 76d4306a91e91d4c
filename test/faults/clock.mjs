// Preloaded into a replica whose clock is to be wrong: everything that asks Date gets a time that is off.
const offset = Number(process.env.FAULTS_CLOCK_OFFSET_MS ?? 0);
const Real = Date;
const now = () => Real.now() + offset;

globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }

  static now() {
    return now();
  }
};
