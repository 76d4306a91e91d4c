import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useT } from '../i18n/i18n';
import { Dialog } from './dialog';

interface Question {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** What has to be typed, for what cannot be undone. */
  readonly typed?: string;
  readonly run: () => void;
  /** When it is not wanted after all. */
  readonly cancel?: () => void;
}

/** Asks before what cannot be undone easily; what weighs most has to be typed. */
export function useConfirm(): { ask: (question: Question) => void; dialog: ReactNode } {
  const t = useT();
  const [question, setQuestion] = useState<Question | null>(null);
  const [typed, setTyped] = useState('');
  const close = (): void => {
    setQuestion(null);
    setTyped('');
  };
  const leave = (): void => {
    question?.cancel?.();
    close();
  };
  const dialog = (
    <Dialog isOpen={question !== null} onClose={leave} title={question?.title}>
      <Stack>
        <Text size="sm">{question?.text}</Text>
        {question?.typed !== undefined && (
          <TextInput
            label={t('Type {text} to go on', { text: question.typed })}
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={leave}>
            {t('Leave it')}
          </Button>
          <Button
            color="red"
            data-autofocus={question?.typed === undefined || undefined}
            disabled={question?.typed !== undefined && typed !== question.typed}
            onClick={() => {
              question?.run();
              close();
            }}
          >
            {question?.button}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
  return { ask: setQuestion, dialog };
}
