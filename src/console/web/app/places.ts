import type { Text } from '../i18n/zh';
import type { Role } from './session';

export interface Place {
  readonly to: string;
  readonly title: Text;
  /** Pressed after `g`. */
  readonly key: string;
  readonly role: Role;
}

/** The list of the pages, in the order of the navigation. */
export const PLACES: readonly Place[] = [
  { to: '/', title: 'Overview', key: 'o', role: 'viewer' },
  { to: '/workflows', title: 'Workflows', key: 'w', role: 'viewer' },
  { to: '/executions', title: 'Executions', key: 'e', role: 'viewer' },
  { to: '/triggers', title: 'Triggers', key: 't', role: 'viewer' },
  { to: '/approvals', title: 'Approvals', key: 'a', role: 'viewer' },
  { to: '/library', title: 'Library', key: 'l', role: 'viewer' },
  { to: '/secrets', title: 'Secrets and connections', key: 's', role: 'admin' },
  { to: '/access', title: 'Keys and audit log', key: 'k', role: 'admin' },
];
