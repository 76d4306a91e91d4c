import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WorkflowStatus } from './workflow-status.js';

@Entity('workflow')
export class WorkflowEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  slug!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('text')
  status!: WorkflowStatus;

  /** The latest version. */
  @Column('integer')
  version!: number;

  /** The version in force; null while none is deployed. */
  @Column('integer', { name: 'deployed_version', nullable: true })
  deployedVersion!: number | null;

  /** Counts every change of the row; the ETag. */
  @Column('integer')
  revision!: number;

  @Column('text', { array: true })
  tags!: string[];

  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column('boolean', { name: 'is_template' })
  isTemplate!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
