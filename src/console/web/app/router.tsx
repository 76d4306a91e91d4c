import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate } from 'react-router';
import { LoadingPage } from '../ui/loading';
import { NotFound, RouteFault } from './route-fault';
import { Shell } from './shell';

/** Each page is a file of its own, loaded when it is first opened. */
function page(path: string, load: () => Promise<{ Component: ComponentType }>) {
  return { path, lazy: load, errorElement: <RouteFault /> };
}

export const router = createBrowserRouter(
  [
    {
      element: <Shell />,
      errorElement: <RouteFault />,
      hydrateFallbackElement: <LoadingPage />,
      children: [
        page('/', () => import('../pages/overview/overview')),
        page('/workflows', () => import('../pages/workflows/workflows')),
        page('/workflows/new', () => import('../editor/editor')),
        page('/workflows/:id', () => import('../pages/workflow/workflow')),
        page('/workflows/:id/edit', () => import('../editor/editor')),
        page('/executions', () => import('../pages/executions/executions')),
        page('/executions/:id', () => import('../pages/execution/execution')),
        page('/triggers', () => import('../pages/triggers/triggers')),
        page('/triggers/:id', () => import('../pages/triggers/trigger')),
        page('/approvals', () => import('../pages/approvals/approvals')),
        page('/library', () => import('../pages/library/library')),
        page('/secrets', () => import('../pages/secrets/secrets')),
        page('/access', () => import('../pages/access/access')),
        { path: '/keys', element: <Navigate to="/access" replace /> },
        { path: '*', element: <NotFound /> },
      ],
    },
  ],
  { basename: '/console' },
);
