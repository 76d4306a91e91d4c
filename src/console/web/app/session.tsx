import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { api, ask, type Schemas } from '../api/client';
import { forgetKey, storedKey, storeKey, whenRefused } from '../api/session';
import { LoadingPage } from '../ui/loading';
import { ProblemAlert } from '../ui/problem-alert';
import { SignIn } from './sign-in';

export type Role = Schemas['MeDto']['role'];
const ROLES: readonly Role[] = ['viewer', 'operator', 'editor', 'admin'];

interface Session {
  readonly me: Schemas['MeDto'];
  /** Whether the key's role reaches this one. */
  readonly may: (role: Role) => boolean;
  readonly signOut: () => void;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(Context);
  if (session === null) throw new Error('outside of SessionGate');
  return session;
}

export function useMay(role: Role): boolean {
  return useSession().may(role);
}

/** Shows the application to whoever has a key, and the way in to whoever has none. */
export function SessionGate({ children }: { children: ReactNode }): ReactNode {
  const [key, setKey] = useState(storedKey);
  const [wasRefused, setWasRefused] = useState(false);
  const client = useQueryClient();
  const me = useQuery({ queryKey: ['me', key], queryFn: () => ask(api.GET('/api/v1/me')), enabled: key !== null });
  const leave = (isRefused: boolean): void => {
    forgetKey();
    setKey(null);
    setWasRefused(isRefused);
    client.clear();
  };
  useEffect(() => whenRefused(() => leave(true)));
  const enter = (entered: string): void => {
    storeKey(entered);
    setWasRefused(false);
    setKey(entered);
  };
  const status = (me.error as { status?: number } | null)?.status;
  if (key === null || status === 401) return <SignIn isRefused={wasRefused || status === 401} onKey={enter} />;
  if (me.data === undefined) return me.error === null ? <LoadingPage /> : <ProblemAlert error={me.error} />;
  const { data } = me;
  const may = (role: Role): boolean => ROLES.indexOf(data.role) >= ROLES.indexOf(role);
  return <Context value={{ me: data, may, signOut: () => leave(false) }}>{children}</Context>;
}
