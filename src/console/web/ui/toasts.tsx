import { Affix, Button, Notification, Stack } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { asProblem } from '../api/problem';
import { useT } from '../i18n/i18n';

interface Toast {
  readonly id: number;
  readonly title: string;
  readonly text?: string;
  readonly isError: boolean;
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
  setTimeout(() => dismiss(id), toast.isError ? 2 * SHOWN_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

/** Says that something was done; `action` is its undo or what comes next. */
export function said(title: string, action?: Toast['action']): void {
  add({ title, isError: false, action });
}

export function failed(error: unknown): void {
  const problem = asProblem(error);
  const faults = problem.faults.map((fault) => `${fault.path} ${fault.message} ${fault.hint ?? ''}`);
  add({ title: problem.message, text: [problem.code, ...faults.slice(0, 4)].join(' · '), isError: true });
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
        {shown.map(({ id, title, text, isError, action }) => (
          <Notification
            key={id}
            title={title}
            color={isError ? 'red' : 'green'}
            withBorder
            role={isError ? 'alert' : 'status'}
            closeButtonProps={{ 'aria-label': t('Close') }}
            onClose={() => dismiss(id)}
          >
            {text}
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
