export class DeploymentDto {
  id!: string;
  workflow_id!: string;
  version!: number;
  status!: 'pending' | 'deployed' | 'undeployed' | 'failed';
  mode!: 'execute' | 'notify' | null;
  /** Why it failed. */
  reason!: string | null;
  created_by!: string | null;
  created_at!: Date;
  deployed_at!: Date | null;
  undeployed_at!: Date | null;
}

export class DeploymentPageDto {
  items!: DeploymentDto[];
  next_cursor!: string | null;
}

export class DeploymentWarningDto {
  code!: string;
  message!: string;
  /** The name of the trigger that it is about; null: none, as with `secret_missing`. */
  trigger!: string | null;
  at!: string | null;
}

export class DeployedDto extends DeploymentDto {
  /** As GET /triggers/{id} shows them. */
  triggers!: Record<string, unknown>[];
  warnings!: DeploymentWarningDto[];
}

export class UndeployedDto {
  workflow_id!: string;
  status!: 'undeployed';
}

/** The deployment in force or else the last one; of a workflow that never was deployed only the first fields. */
export class DeploymentStatusDto {
  workflow_id!: string;
  status!: 'pending' | 'deployed' | 'undeployed' | 'failed';
  version!: number | null;
  workflow_status!: string;
  triggers!: Record<string, unknown>[];
  id?: string;
  mode?: 'execute' | 'notify' | null;
  reason?: string | null;
  created_by?: string | null;
  created_at?: Date;
  deployed_at?: Date | null;
  undeployed_at?: Date | null;
}
