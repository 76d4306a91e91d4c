import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useWorkflowNames } from '../api/queries';

export function WorkflowLink({ id }: { id: string }): ReactNode {
  const found = useWorkflowNames().get(id);
  return (
    <Link className="link" to={`/workflows/${found?.slug ?? id}`}>
      {found?.name ?? id.slice(-8)}
    </Link>
  );
}

/** The end of a UUIDv7 tells executions apart; its beginning is the time. */
export function ExecutionLink({ id }: { id: string }): ReactNode {
  return (
    <Link className="link nowrap" to={`/executions/${id}`} title={id}>
      …{id.slice(-8)}
    </Link>
  );
}
