interface Run {
  readonly code: number;
  readonly report: object | null;
  readonly stray: number;
}
export function toLookAtAgain(run: Run, root: string): string[];
export function addUp(first: Run, second: Run | null): { passed: number; failed: number; unsteady: string[] };
