import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from '../common/config/app-config.js';
import { OpenedSecrets } from './opened-secrets.js';
import { SecretBox } from './secret-box.js';
import { SecretEntity } from './secret.entity.js';
import { SecretStore } from './secret-store.js';
import { SecretsController } from './secrets.controller.js';
import { SecretsService } from './secrets.service.js';

function openBox({ secretKey }: AppConfig): SecretBox {
  if (secretKey === null) throw new Error('SECRET_KEY must be known before secrets can be kept');
  return new SecretBox(secretKey);
}

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([SecretEntity])],
  controllers: [SecretsController],
  providers: [
    { provide: SecretBox, inject: [AppConfig], useFactory: openBox },
    SecretsService,
    OpenedSecrets,
    { provide: SecretStore, useExisting: OpenedSecrets },
  ],
  exports: [SecretStore],
})
export class SecretsModule {}
