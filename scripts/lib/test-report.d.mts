interface Run {
  readonly code: number;
  readonly report: object | null;
}
export function toLookAtAgain(report: object | null, root: string): string[];
export function addUp(first: Run, second: Run | null): { passed: number; failed: number; unsteady: string[] };
