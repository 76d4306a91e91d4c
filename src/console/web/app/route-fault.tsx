import type { ReactNode } from 'react';
import { Link, useRouteError } from 'react-router';
import { useT } from '../i18n/i18n';
import { Empty } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';

/** A page that broke or could not be loaded, e.g. because the server has been updated since. */
export function RouteFault(): ReactNode {
  return <ProblemAlert error={useRouteError()} onRetry={() => window.location.reload()} />;
}

export function NotFound(): ReactNode {
  const t = useT();
  return (
    <Empty title={t('There is no such page')}>
      <Link className="link" to="/">
        {t('Overview')}
      </Link>
    </Empty>
  );
}
