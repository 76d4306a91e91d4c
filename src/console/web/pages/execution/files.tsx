import { Button, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask, send } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { useAction } from '../../ui/use-action';
import { download } from './actions';

export function Files({ executionId: id, status }: { executionId: string; status: string }): ReactNode {
  const t = useT();
  const files = useQuery({
    queryKey: ['executions', 'files', id, status],
    queryFn: () => ask(api.GET('/api/v1/executions/{id}/files', { params: { path: { id } } })),
  });
  const fetchFile = useAction({
    run: async ({ url, name }: { url: string; name: string }) => download(await (await send(url)).blob(), name),
    changes: [],
  });
  if (files.error !== null) return <ProblemAlert error={files.error} onRetry={() => void files.refetch()} />;
  if (files.data === undefined) return <Loading lines={3} />;
  if (files.data.items.length === 0)
    return (
      <Empty title={t('It has no files')}>{t('Steps of the type file, and attachments of mails, leave files.')}</Empty>
    );
  return (
    <Table.ScrollContainer minWidth={480} className="card">
      <Table>
        <Table.Tbody>
          {files.data.items.map((file) => (
            <Table.Tr key={file.id}>
              <Table.Td>{file.name}</Table.Td>
              <Table.Td>{file.type}</Table.Td>
              <Table.Td>{t('{n} bytes', { n: file.size })}</Table.Td>
              <Table.Td>{file.step_path}</Table.Td>
              <Table.Td>
                <Button size="compact-sm" variant="default" onClick={() => fetchFile.mutate(file)}>
                  {t('Download')}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
