/** The one source of wall-clock time in a process; tests inject another. Correctness never rests on it. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract now(): number;

  date(): Date {
    return new Date(this.now());
  }
}

export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
