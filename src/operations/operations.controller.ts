import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { StatisticsDto, StatisticsQuery } from '../common/statistics/statistics.dto.js';
import { SchedulerStatusDto } from './operations.dto.js';
import { ServerStatistics } from './server-statistics.service.js';
import { SchedulerStatus } from './scheduler-status.service.js';

@ApiTags('Operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly scheduler: SchedulerStatus,
    private readonly statistics: ServerStatistics,
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
  @ApiOperation({
    summary: 'Counts, success rate, durations and error kinds of the executions accepted in a range',
    description:
      'Exact up to this moment; percentiles are right to 1.6 %. The range is widened to whole minutes, or hours where minutes ' +
      'are not kept any more (after 7 days), or days (after 399).',
  })
  @ApiOkResponse({ type: StatisticsDto })
  @ApiProblems(422)
  getStatistics(@Query() query: StatisticsQuery, @CurrentCaller() caller: Caller) {
    return this.statistics.of(query, caller);
  }
}
