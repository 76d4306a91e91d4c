import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from '../common/config/app-config.js';
import { Connections } from '../common/connections/connections.js';
import { GitHubModule } from '../common/github/github.module.js';
import { OutgoingHttpModule } from '../common/http/outgoing-http.module.js';
import { SqlModule } from '../common/sql/sql.module.js';
import { ConnectionSeal } from './connections/connection-seal.js';
import { ConnectionTests } from './connections/connection-tests.service.js';
import { ConnectionEntity } from './connections/connection.entity.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { ConnectionsService } from './connections/connections.service.js';
import { OpenedConnections } from './connections/opened-connections.js';
import { KeyRotation } from './key-rotation.js';
import { OpenedSecrets } from './opened-secrets.js';
import { SecretBox } from './secret-box.js';
import { SecretEntity } from './secret.entity.js';
import { SecretStore } from './secret-store.js';
import { SecretsController } from './secrets.controller.js';
import { SecretsService } from './secrets.service.js';

function openBox({ secretKey, previousSecretKey }: AppConfig): SecretBox {
  if (secretKey === null) throw new Error('SECRET_KEY must be known before secrets can be kept');
  return new SecretBox(secretKey, previousSecretKey);
}

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([SecretEntity, ConnectionEntity]), OutgoingHttpModule, SqlModule, GitHubModule],
  controllers: [SecretsController, ConnectionsController],
  providers: [
    { provide: SecretBox, inject: [AppConfig], useFactory: openBox },
    KeyRotation,
    SecretsService,
    OpenedSecrets,
    { provide: SecretStore, useExisting: OpenedSecrets },
    ConnectionSeal,
    ConnectionsService,
    ConnectionTests,
    OpenedConnections,
    { provide: Connections, useExisting: OpenedConnections },
  ],
  exports: [SecretStore, Connections, ConnectionsService, ConnectionTests],
})
export class SecretsModule {}
