import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AiModule } from '../common/ai/ai.module.js';
import { CompiledPlans } from './compiled-plans.js';
import { DefinitionTexts } from './definition-texts.js';
import { Definitions } from './definitions.service.js';
import { WorkflowGeneration } from './generation/workflow-generation.service.js';
import { NodeTemplateRepository } from './templates/node-template.repository.js';
import { NodeTemplatesController } from './templates/node-templates.controller.js';
import { NodeTemplatesService } from './templates/node-templates.service.js';
import { UsedTemplates } from './templates/used-templates.js';
import { WorkflowDirectory } from './workflow-directory.js';
import { WorkflowGraphController } from './workflow-graph.controller.js';
import { WorkflowLifecycleController } from './workflow-lifecycle.controller.js';
import { WorkflowLifecycle } from './workflow-lifecycle.service.js';
import { WorkflowPlans } from './workflow-plans.js';
import { WorkflowRetentions } from './workflow-retentions.js';
import { WorkflowStatistics } from './workflow-statistics.service.js';
import { WorkflowTasksController } from './workflow-tasks.controller.js';
import { WorkflowTasksService } from './workflow-tasks.service.js';
import { WorkflowValidation } from './workflow-validation.service.js';
import { WorkflowVersionsController } from './workflow-versions.controller.js';
import { WorkflowVersionsService } from './workflow-versions.service.js';
import { WorkflowEntity } from './workflow.entity.js';
import { WorkflowRepository } from './workflow.repository.js';
import { WorkflowsController } from './workflows.controller.js';
import { WorkflowsService } from './workflows.service.js';

/** Needs `TypeCatalogue`, `Signals` and `Database` from global modules. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([WorkflowEntity]), AiModule],
  controllers: [
    WorkflowsController,
    WorkflowLifecycleController,
    WorkflowGraphController,
    WorkflowVersionsController,
    WorkflowTasksController,
    NodeTemplatesController,
  ],
  providers: [
    WorkflowRepository,
    Definitions,
    DefinitionTexts,
    NodeTemplateRepository,
    NodeTemplatesService,
    UsedTemplates,
    WorkflowsService,
    WorkflowValidation,
    WorkflowGeneration,
    WorkflowVersionsService,
    WorkflowTasksService,
    WorkflowStatistics,
    WorkflowLifecycle,
    { provide: WorkflowDirectory, useExisting: WorkflowLifecycle },
    WorkflowRetentions,
    CompiledPlans,
    { provide: WorkflowPlans, useExisting: CompiledPlans },
  ],
  exports: [WorkflowGeneration, WorkflowPlans, WorkflowDirectory, WorkflowRetentions, WorkflowsService],
})
export class WorkflowsModule {}
