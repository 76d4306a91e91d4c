import { Affix, Button, Code, Notification, Stack, Text } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { type ApiProblem, asProblem } from '../api/problem';
import { useT } from '../i18n/i18n';
import { adviceFor, placeOf } from './problem-alert';

interface Toast {
  readonly id: number;
  readonly title: string;
  /** None: it went well. */
  readonly problem: ApiProblem | null;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let next = 1;

function change(list: readonly Toast[]): void {
  toasts = list;
  for (const listener of listeners) listener();
}

function add(toast: Omit<Toast, 'id'>): void {
  const id = next++;
  change([...toasts.slice(-3), { ...toast, id }]);
  setTimeout(() => dismiss(id), toast.problem !== null ? 3 * SHOWN_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

/** Says that something was done; `action` is its undo or what comes next. */
export function said(title: string, action?: Toast['action']): void {
  add({ title, problem: null, action });
}

export function failed(error: unknown): void {
  const problem = asProblem(error);
  add({ title: problem.message, problem });
}

export function Toasts(): ReactNode {
  const t = useT();
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <Affix position={{ bottom: 16, right: 16 }} zIndex={400}>
      <Stack gap="xs" aria-live="polite" className="toasts">
        {shown.map(({ id, title, problem, action }) => (
          <Notification
            key={id}
            title={title}
            color={problem === null ? 'green' : 'red'}
            withBorder
            role={problem === null ? 'status' : 'alert'}
            closeButtonProps={{ 'aria-label': t('Close') }}
            onClose={() => dismiss(id)}
          >
            {problem !== null && <What problem={problem} />}
            {action !== undefined && (
              <Button
                size="compact-xs"
                variant="default"
                mt={4}
                onClick={() => {
                  action.run();
                  dismiss(id);
                }}
              >
                {action.label}
              </Button>
            )}
          </Notification>
        ))}
      </Stack>
    </Affix>
  );
}

/** The code, what is wrong in particular, and what to do. */
function What({ problem }: { problem: ApiProblem }): ReactNode {
  const t = useT();
  const faults = problem.faults.slice(0, 4).map((fault) => `${placeOf(t, fault)} ${fault.message} ${fault.hint ?? ''}`);
  return (
    <Text size="sm" component="div">
      <Code>{problem.code}</Code> {[...faults, adviceFor(t, problem)].filter(Boolean).join(' · ')}
    </Text>
  );
}
