const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SHORT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;
/** ISO 8601 without years and months, whose length depends on the calendar. */
const ISO =
  /^P(?=[\dT])(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const ISO_UNITS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1000] as const;
/** A hundred years: longer ones overflow dates, and are mistakes. */
const LONGEST_MS = 36_525 * 86_400_000;

/**
 * Milliseconds of `500ms 30s 5m 2h 7d`, of a number of seconds (also as text), or of ISO 8601 (`PT1H30M`, `P2W`).
 * null for anything else: negative, over a hundred years, several units in the short form, years and months.
 */
export function parseDuration(value: unknown): number | null {
  if (typeof value === 'number') return inRange(value * 1000);
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value.trim();
  const short = SHORT.exec(text);
  if (short) return inRange(Number(short[1]) * (UNITS[short[2] ?? 's'] ?? 0));
  const iso = ISO.exec(text);
  if (!iso) return null;
  return inRange(ISO_UNITS.reduce((sum, unit, index) => sum + Number(iso[index + 1] ?? 0) * unit, 0));
}

function inRange(milliseconds: number): number | null {
  if (!Number.isFinite(milliseconds) || milliseconds < 0 || milliseconds > LONGEST_MS) return null;
  return Math.round(milliseconds);
}
