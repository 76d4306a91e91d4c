import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AccessRole } from '../common/api/requires.js';

@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  /** SHA-256 of the key. */
  @Column('bytea')
  hash!: Buffer;

  /** The key's first characters, to tell keys apart. */
  @Column('text')
  prefix!: string;

  @Column('text')
  role!: AccessRole;

  /** Empty: all that the role may do. */
  @Column('text', { array: true })
  scopes!: string[];

  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** Written in batches; up to some seconds late. */
  @Column('timestamptz', { name: 'last_used', nullable: true })
  lastUsed!: Date | null;
}
