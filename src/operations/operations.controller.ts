import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { Requires } from '../common/api/requires.js';
import { SchedulerStatusDto, StatisticsDto, StatisticsQuery } from './operations.dto.js';
import { SchedulerStatus } from './scheduler-status.service.js';
import { StatisticsService } from './statistics.service.js';

@ApiTags('Operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly scheduler: SchedulerStatus,
    private readonly statistics: StatisticsService,
  ) {}

  @Get('scheduler/status')
  @Requires('viewer')
  @ApiOperation({ summary: 'Queue, timers, workers and replicas' })
  @ApiOkResponse({ type: SchedulerStatusDto })
  @ApiProblems()
  status() {
    return this.scheduler.get();
  }

  @Get('statistics')
  @Requires('viewer')
  @ApiOperation({ summary: 'Counts, success rate, durations and error kinds of the executions started in a range' })
  @ApiOkResponse({ type: StatisticsDto })
  @ApiProblems(422)
  getStatistics(@Query() query: StatisticsQuery) {
    return this.statistics.get(query);
  }
}
