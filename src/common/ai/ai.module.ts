import { Module } from '@nestjs/common';
import { OutgoingHttpModule } from '../http/outgoing-http.module.js';
import { LanguageModels } from './language-models.contract.js';
import { ProviderModels } from './provider-models.js';

@Module({
  imports: [OutgoingHttpModule],
  providers: [ProviderModels, { provide: LanguageModels, useExisting: ProviderModels }],
  exports: [LanguageModels],
})
export class AiModule {}
