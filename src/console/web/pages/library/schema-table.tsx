import { Badge, Code, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../../i18n/i18n';
import type { JsonSchema } from '../../ui/json-schema';

function typeOf({ enum: choices, type, properties }: JsonSchema): string | null {
  const names = choices ?? (typeof type === 'string' ? [type] : type) ?? [];
  if (names.length > 0) return names.map(String).join(' | ');
  return properties === undefined ? null : 'object';
}

/** The fields of a schema, to read. */
export function SchemaTable({ schema }: { schema: JsonSchema }): ReactNode {
  const t = useT();
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties);
  if (names.length === 0) return <Text size="sm">{t('It has no fields.')}</Text>;
  return (
    <Table.ScrollContainer minWidth={480} mb="sm">
      <Table>
        <Table.Tbody>
          {names.map((name) => {
            const field = properties[name] ?? {};
            return (
              <Table.Tr key={name}>
                <Table.Td>
                  <Code>{name}</Code>{' '}
                  {required.includes(name) && (
                    <Badge variant="default" className="tag">
                      {t('required')}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>{typeOf(field) ?? t('anything')}</Table.Td>
                <Table.Td>
                  {field.description}
                  {field.default !== undefined && (
                    <>
                      {' '}
                      {t('Default:')} <Code>{JSON.stringify(field.default)}</Code>
                    </>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
