import { Module } from '@nestjs/common';
import { ConsoleRoutes } from './console.routes.js';

@Module({ providers: [ConsoleRoutes] })
export class ConsoleModule {}
