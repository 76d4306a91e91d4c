import { Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessGuard } from './access.guard.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuditController } from './audit.controller.js';
import { AuditInterceptor } from './audit.interceptor.js';
import { AuditLog } from './audit-log.js';
import { AuditTrail } from './audit-trail.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { JwtVerifier } from './jwt-verifier.js';
import { KeyCache } from './key-cache.js';
import { KeyUsage } from './key-usage.js';
import { MeController } from './me.controller.js';
import { WriteLimiter } from './write-limiter.js';

/** Guards every HTTP route of the application, and logs every write; the guard of gRPC is made of the same parts. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity])],
  controllers: [ApiKeysController, MeController, AuditController],
  providers: [
    ApiKeyRepository,
    ApiKeysService,
    KeyCache,
    KeyUsage,
    JwtVerifier,
    Authenticator,
    WriteLimiter,
    Authorizer,
    AuditLog,
    AuditTrail,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
  ],
  exports: [Authenticator, Authorizer, AuditTrail],
})
export class AccessModule {}
