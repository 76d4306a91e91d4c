import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { Global, Module } from '@nestjs/common';
import { SignedTokens } from '../../src/common/links/signed-tokens.js';
import { Clock, SystemClock } from '../../src/common/clock.js';
import { AppConfig } from '../../src/common/config/app-config.js';
import { Database } from '../../src/common/database/database.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { EventOutlet } from '../../src/nodes/event-outlet.contract.js';
import { Plugins } from '../../src/common/plugins/plugins.js';
import { NodeRegistry } from '../../src/nodes/node-registry.js';
import { NodesModule } from '../../src/nodes/nodes.module.js';
import { createTestDatabase } from './test-database.js';

export interface NodeTypesUnderTest extends AsyncDisposable {
  readonly registry: NodeRegistry;
  close(): Promise<void>;
}

/** The node types as the server has them, with the settings that they read. */
export async function startNodeTypes(settings: Partial<AppConfig> = {}): Promise<NodeTypesUnderTest> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'millrace-nodes-'));
  const testDatabase = await createTestDatabase();
  const config = Object.assign(new AppConfig(), {
    httpAllowPrivate: ['127.0.0.0/8'],
    scriptsDir: null,
    scriptRuntimes: ['javascript'],
    dataFolder,
    databaseUrl: null,
    smtpUrl: null,
    mailFrom: null,
    github: { appId: null, privateKey: null, webhookSecret: null, apiUrl: 'https://api.github.com' },
    openai: { apiKey: null, baseUrl: 'https://api.openai.com/v1' },
    anthropic: { apiKey: null, baseUrl: 'https://api.anthropic.com' },
    publicUrl: 'http://localhost:8003',
    secretKey: 'a secret key for tests, long enough',
    ...settings,
  });

  @Global()
  @Module({
    providers: [
      { provide: AppConfig, useValue: config },
      { provide: Clock, useClass: SystemClock },
      { provide: Database, useValue: testDatabase.database },
      SignedTokens,
      Redactor,
      { provide: Plugins, useValue: new Plugins() },
      { provide: EventOutlet, useValue: { emit: () => Promise.resolve(true) } },
    ],
    exports: [AppConfig, Clock, Database, EventOutlet, Plugins, Redactor, SignedTokens],
  })
  class Surroundings {}

  const module = await Test.createTestingModule({ imports: [Surroundings, NodesModule] }).compile();
  await module.init();
  const close = async (): Promise<void> => {
    await module.close();
    await testDatabase.drop();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  return { registry: module.get(NodeRegistry), close, [Symbol.asyncDispose]: close };
}
