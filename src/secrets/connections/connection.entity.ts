import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ConnectionType } from '../../common/connections/connection-types.js';

@Entity('connection')
export class ConnectionEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  type!: ConnectionType;

  @Column('text', { name: 'key_id' })
  keyId!: string;

  @Column('bytea')
  sealed!: Buffer;

  @Column('text')
  description!: string;

  @Column('int')
  revision!: number;

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
