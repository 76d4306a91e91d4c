/** `pending -> deployed -> undeployed`, or `failed` with the reason. */
export type DeploymentStatus = 'pending' | 'deployed' | 'undeployed' | 'failed';

/** A row of the table `deployment`. */
export interface DeploymentRow {
  id: string;
  workflow_id: string;
  version: number;
  status: DeploymentStatus;
  mode: 'execute' | 'notify' | null;
  reason: string | null;
  created_by: string | null;
  created_at: Date;
  deployed_at: Date | null;
  undeployed_at: Date | null;
}

export interface DeploymentView {
  id: string;
  workflow_id: string;
  version: number;
  status: DeploymentStatus;
  mode: string | null;
  reason: string | null;
  created_by: string | null;
  created_at: string;
  deployed_at: string | null;
  undeployed_at: string | null;
}

export function deploymentView(row: DeploymentRow): DeploymentView {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    deployed_at: row.deployed_at?.toISOString() ?? null,
    undeployed_at: row.undeployed_at?.toISOString() ?? null,
  };
}
