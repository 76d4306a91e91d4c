import { Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  readonly button: string;
  readonly isBusy: boolean;
  /** Whether enough is filled in. */
  readonly isReady?: boolean;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

/** Fields and the button that sends them, which Enter presses. */
export function Form({ button, isBusy, isReady = true, onSubmit, children }: Props): ReactNode {
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isBusy) onSubmit();
      }}
    >
      <Stack>
        {children}
        <Button type="submit" loading={isBusy} disabled={!isReady}>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
