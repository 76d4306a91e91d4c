import { Global, Injectable, Module } from '@nestjs/common';
import { AppConfig } from './common/config/app-config.js';
import { TypeCatalogue, type NodeTypeDescription, type TriggerTypeDescription } from './definition/type-catalogue.js';
import type { NodeRegistry } from './nodes/node-registry.js';
import type { TriggerRegistry } from './triggers/trigger-registry.js';

/** The two registries as one catalogue. Filled when both are made: trigger types themselves start workflows. */
@Injectable()
export class ComposedCatalogue extends TypeCatalogue {
  override readonly executionTimeoutMs: number;
  private registries: { nodes: NodeRegistry; triggers: TriggerRegistry } | null = null;

  constructor({ executionTimeoutMs }: AppConfig) {
    super();
    this.executionTimeoutMs = executionTimeoutMs;
  }

  fill(nodes: NodeRegistry, triggers: TriggerRegistry): void {
    this.registries = { nodes, triggers };
  }

  override nodeType(type: string): NodeTypeDescription | undefined {
    return this.filled.nodes.nodeType(type);
  }

  override triggerType(type: string): TriggerTypeDescription | undefined {
    return this.filled.triggers.triggerType(type);
  }

  override nodeTypes(): readonly NodeTypeDescription[] {
    return this.filled.nodes.nodeTypes();
  }

  override triggerTypes(): readonly TriggerTypeDescription[] {
    return this.filled.triggers.triggerTypes();
  }

  private get filled(): { nodes: NodeRegistry; triggers: TriggerRegistry } {
    if (this.registries === null) throw new Error('the type catalogue is asked before the registries are made');
    return this.registries;
  }
}

@Global()
@Module({
  providers: [ComposedCatalogue, { provide: TypeCatalogue, useExisting: ComposedCatalogue }],
  exports: [ComposedCatalogue, TypeCatalogue],
})
export class TypesModule {}
