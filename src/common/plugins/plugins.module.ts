import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Plugins } from './plugins.js';

@Global()
@Module({})
export class PluginsModule {
  static with(plugins: Plugins): DynamicModule {
    return {
      module: PluginsModule,
      providers: [{ provide: Plugins, useValue: plugins }],
      exports: [Plugins],
    };
  }
}
