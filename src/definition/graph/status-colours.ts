const FILLS: Readonly<Record<string, string>> = {
  pending: '#f3f4f6',
  running: '#dbeafe',
  waiting: '#fef9c3',
  completed: '#dcfce7',
  failed: '#fee2e2',
  timed_out: '#ffedd5',
  skipped: '#e5e7eb',
  cancelled: '#e5e7eb',
};

/** The background of a step in this status. */
export function fillOf(status: string | null): string {
  return (status === null ? undefined : FILLS[status]) ?? '#ffffff';
}
