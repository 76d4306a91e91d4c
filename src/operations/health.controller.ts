import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { OpenToAll } from '../common/api/requires.js';
import { HealthProbes } from '../common/health/health-probes.js';
import { HealthService } from './health.service.js';
import { HealthDto, LivenessDto } from './operations.dto.js';

@ApiTags('Operations')
@OpenToAll()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly probes: HealthProbes,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How the parts of the server are' })
  @ApiOkResponse({ type: HealthDto })
  @ApiResponse({ status: 503, type: HealthDto, description: 'Unhealthy: a part is down.' })
  async report(@Res({ passthrough: true }) reply: FastifyReply) {
    const report = await this.health.report();
    reply.status(report.status === 'unhealthy' ? 503 : 200);
    return report;
  }

  @Get('live')
  @ApiOperation({ summary: 'Whether the process answers at all' })
  @ApiOkResponse({ type: LivenessDto })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process takes work' })
  @ApiOkResponse({ type: LivenessDto })
  @ApiResponse({ status: 503, type: LivenessDto, description: 'Not yet, or not any more.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const isReady = await this.health.isReady();
    reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ok' : this.probes.isDraining ? 'draining' : 'not_ready' };
  }
}
