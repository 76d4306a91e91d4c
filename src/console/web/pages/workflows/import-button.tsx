import { Button, FileButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { type Schemas, send } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { useAction } from '../../ui/use-action';

/** A file with a definition, YAML or JSON, becomes a workflow as it is: comments and all. */
export function ImportButton(): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const create = useAction({
    run: async (file: File) => await createFromText(await file.text()),
    changes: ['workflows'],
    done: t('Imported'),
    then: ({ slug }) => void navigate(`/workflows/${slug}`),
  });
  return (
    <FileButton
      accept=".yaml,.yml,.json,application/yaml,application/json"
      inputProps={{ 'aria-label': t('Import YAML') }}
      onChange={(file) => {
        if (file !== null) create.mutate(file);
      }}
    >
      {(props) => (
        <Button {...props} size="xs" variant="default" loading={create.isPending}>
          {t('Import YAML')}
        </Button>
      )}
    </FileButton>
  );
}

export async function createFromText(text: string): Promise<Schemas['WorkflowDto']> {
  const headers = { 'content-type': 'application/yaml' };
  return (await (
    await send('/api/v1/workflows', { method: 'POST', headers, body: text })
  ).json()) as Schemas['WorkflowDto'];
}
