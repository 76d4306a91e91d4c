import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type Schemas, send } from '../api/client';
import type { TextFault } from './yaml-editor';

const DEBOUNCE_MS = 350;

export interface Validation {
  readonly isValid: boolean | null;
  readonly faults: readonly TextFault[];
}

const NONE: Validation = { isValid: null, faults: [] };

/** What the server says about the text, each fault with its line, shortly after it stands still. */
export function useValidation(text: string): Validation {
  const [settled] = useDebouncedValue(text, DEBOUNCE_MS);
  const answer = useQuery({
    queryKey: ['validation', settled],
    queryFn: async () => {
      const headers = { 'content-type': 'application/yaml' };
      const response = await send('/api/v1/workflows/validate', { method: 'POST', headers, body: settled });
      return validationOf((await response.json()) as Schemas['ValidationDto']);
    },
    enabled: settled.trim() !== '',
    placeholderData: (before) => before,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return answer.data ?? NONE;
}

function validationOf({ valid, errors, warnings }: Schemas['ValidationDto']): Validation {
  const faults = (list: unknown, severity: TextFault['severity']): TextFault[] =>
    (list as Schemas['FaultDto'][]).map((fault) => ({ ...fault, severity }));
  return { isValid: valid, faults: [...faults(errors, 'error'), ...faults(warnings, 'warning')] };
}
