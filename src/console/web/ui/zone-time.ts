/** What the clocks of a zone show, as a `datetime-local` field has it: `2026-01-31T08:00`. */
export function clockAt(at: string | number, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));
  return parts.replace(' ', 'T');
}

/** The instant at which the clocks of a zone show this; where they skip it, right after the gap. */
export function instantAt(clock: string, zone: string): string {
  const shown = Date.parse(`${clock}Z`);
  const offset = (at: number): number => Date.parse(`${clockAt(at, zone)}Z`) - at;
  // The first guess may lie on the other side of a change of the clocks.
  const guess = shown - offset(shown);
  return new Date(shown - offset(guess)).toISOString();
}
