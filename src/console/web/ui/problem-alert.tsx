import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { type ApiProblem, asProblem, type Fault } from '../api/problem';
import { type Translate, useT } from '../i18n/i18n';
import type { Text as Phrase } from '../i18n/zh';

/** What to do, by code or status; the API's own words say what is wrong. */
const ADVICE: Readonly<Record<string, Phrase>> = {
  unreachable: 'The server does not answer. Look whether it runs, then try again.',
  401: 'Sign in again.',
  403: 'Your key may not do this. Ask an administrator for a key with a higher role.',
  404: 'It may have been deleted, or the address is wrong.',
  409: 'It has changed meanwhile. Load it again and repeat what you did.',
  412: 'Somebody else has changed it. Load it again and repeat what you did.',
  422: 'Change what is named below and try again.',
  429: 'Too many requests. Wait a moment.',
  503: 'The server is busy or starting. Wait a moment and try again.',
};

/** What to do about it; null where the API's own words have to do. */
export function adviceFor(t: Translate, { code, status }: ApiProblem): string | null {
  const advice = ADVICE[code] ?? ADVICE[status];
  return advice === undefined ? null : t(advice);
}

/** Line and path, as far as they are known. */
export function placeOf(t: Translate, { line, path }: Fault): string {
  return line === undefined ? path : `${t('Line {n}:', { n: line })} ${path}`;
}

export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const t = useT();
  const problem = asProblem(error);
  const advice = adviceFor(t, problem);
  return (
    <Alert color="red" role="alert" title={problem.message} my="sm">
      <Stack gap="xs">
        {problem.faults.length > 0 && (
          <List size="sm">
            {problem.faults.slice(0, 20).map((fault) => (
              <List.Item key={`${fault.path}${fault.code}`}>
                <Code>{placeOf(t, fault)}</Code> {fault.message} {fault.hint}
              </List.Item>
            ))}
          </List>
        )}
        {advice !== null && <Text size="sm">{advice}</Text>}
        <Group gap="sm">
          <Code>{problem.code}</Code>
          {onRetry !== undefined && (
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              {t('Try again')}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
