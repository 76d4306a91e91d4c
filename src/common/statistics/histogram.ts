/**
 * Counts of values by log-linear bucket, in the manner of HdrHistogram: below 64 each whole number has a bucket of its own,
 * above, each power of two is cut into 32 equal ones. What is read from it differs from the value by 1/64 (1.6 %) at most.
 * Sparse: by the bucket's number.
 */
export type Histogram = Readonly<Record<string, number>>;

const SUB_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BITS;
/** The largest value told apart: 2^42 ms are 139 years. */
const LARGEST = 2 ** 42;

/** @param value whole and not negative: milliseconds. */
export function bucketOf(value: number): number {
  const whole = Math.min(LARGEST, Math.max(0, Math.round(value)));
  if (whole < 2 * SUB_BUCKETS) return whole;
  const shift = Math.floor(Math.log2(whole)) - SUB_BITS;
  return shift * SUB_BUCKETS + Math.floor(whole / 2 ** shift);
}

/** The middle of a bucket. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const lowest = (bucket - shift * SUB_BUCKETS) * 2 ** shift;
  return lowest + (2 ** shift - 1) / 2;
}

export function countIn(histogram: Histogram): number {
  return Object.values(histogram).reduce((sum, count) => sum + count, 0);
}

/** The smallest value that a share of all does not exceed. @param shares ascending, 0 to 1. @returns null where it is empty. */
export function percentilesOf(histogram: Histogram, shares: readonly number[]): (number | null)[] {
  const buckets: { bucket: number; count: number }[] = [];
  let total = 0;
  for (const key in histogram) {
    const count = histogram[key] ?? 0;
    if (count <= 0) continue;
    buckets.push({ bucket: Number(key), count });
    total += count;
  }
  buckets.sort((a, b) => a.bucket - b.bucket);
  return shares.map((share) => {
    let left = Math.max(1, Math.ceil(share * total));
    for (const { bucket, count } of buckets) {
      left -= count;
      if (left <= 0) return middleOf(bucket);
    }
    return null;
  });
}
