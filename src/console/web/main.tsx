import '@mantine/core/styles.css';
import './app/app.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from './api/problem';
import { cspNonce } from './app/nonce';
import { router } from './app/router';
import { SessionGate } from './app/session';
import { colors, theme } from './app/theme';
import { I18nProvider } from './i18n/i18n';
import { Toasts } from './ui/toasts';

const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the server refuses it refuses again.
      retry: (count, error) => count < RETRIES && !(error instanceof ApiProblem && error.status < 500),
    },
  },
});

// The library behind modals adds a style of its own while one is open.
Object.assign(globalThis, { __webpack_nonce__: cspNonce() });

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={colors} defaultColorScheme="auto" getStyleNonce={cspNonce}>
      <I18nProvider>
        <QueryClientProvider client={client}>
          <SessionGate>
            <RouterProvider router={router} />
          </SessionGate>
        </QueryClientProvider>
        <Toasts />
      </I18nProvider>
    </MantineProvider>
  </StrictMode>,
);
