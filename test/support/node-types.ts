import { Test } from '@nestjs/testing';
import { Global, Module } from '@nestjs/common';
import { SignedTokens } from '../../src/common/links/signed-tokens.js';
import { Clock, SystemClock } from '../../src/common/clock.js';
import { AppConfig } from '../../src/common/config/app-config.js';
import { EventOutlet } from '../../src/nodes/event-outlet.contract.js';
import { NodeRegistry } from '../../src/nodes/node-registry.js';
import { NodesModule } from '../../src/nodes/nodes.module.js';

export interface NodeTypesUnderTest extends AsyncDisposable {
  readonly registry: NodeRegistry;
  close(): Promise<void>;
}

/** The node types as the server has them, with the settings that they read. */
export async function startNodeTypes(settings: Partial<AppConfig> = {}): Promise<NodeTypesUnderTest> {
  const config = Object.assign(new AppConfig(), {
    httpAllowPrivate: ['127.0.0.0/8'],
    scriptsDir: null,
    publicUrl: 'http://localhost:8003',
    secretKey: 'a secret key for tests, long enough',
    smtpUrl: null,
    ...settings,
  });

  @Global()
  @Module({
    providers: [
      { provide: AppConfig, useValue: config },
      { provide: Clock, useClass: SystemClock },
      SignedTokens,
      { provide: EventOutlet, useValue: { emit: () => Promise.resolve(true) } },
    ],
    exports: [AppConfig, Clock, EventOutlet, SignedTokens],
  })
  class Surroundings {}

  const module = await Test.createTestingModule({ imports: [Surroundings, NodesModule] }).compile();
  await module.init();
  const close = (): Promise<void> => module.close();
  return { registry: module.get(NodeRegistry), close, [Symbol.asyncDispose]: close };
}
