import { Module } from '@nestjs/common';
import { OutgoingHttpModule } from '../http/outgoing-http.module.js';
import { GitHubApi } from './github-api.js';

@Module({ imports: [OutgoingHttpModule], providers: [GitHubApi], exports: [GitHubApi] })
export class GitHubModule {}
