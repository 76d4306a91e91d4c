import { Module } from '@nestjs/common';
import { TriggersModule } from '../triggers/triggers.module.js';
import { DeploymentController } from './deployment.controller.js';
import { DeploymentRepository } from './deployment.repository.js';
import { DeploymentService } from './deployment.service.js';

@Module({
  imports: [TriggersModule],
  controllers: [DeploymentController],
  providers: [DeploymentRepository, DeploymentService],
  exports: [DeploymentService],
})
export class DeploymentModule {}
