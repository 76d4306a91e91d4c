import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiProblems } from '../../common/api/problems.js';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DateTime } from 'luxon';
import { CurrentCaller, Requires, type Caller } from '../../common/api/requires.js';
import type { Page } from '../../common/page.js';
import type { BackfillAnswer } from '../backfill.js';
import { TriggerService } from '../trigger.service.js';
import type { OccurrenceView, TriggerHealth, TriggerView } from '../trigger.view.js';
import {
  BackfillDto,
  OccurrencePageDto,
  PreviewDto,
  TriggerDto,
  TriggerHealthDto,
  TriggerTestDto,
  TriggersHealthDto,
} from './trigger-answers.dto.js';
import {
  BackfillBody,
  OccurrencesQuery,
  PauseBody,
  PreviewQuery,
  ReplaceTriggerBody,
  TestTriggerBody,
} from './trigger.dto.js';

@ApiTags('Triggers')
@Controller('triggers')
@ApiProblems(404, 422)
export class TriggersController {
  constructor(private readonly triggers: TriggerService) {}

  @Get('health')
  @Requires('viewer')
  @ApiOperation({ summary: 'How all triggers in force do, the newest 500' })
  @ApiOkResponse({ type: TriggersHealthDto })
  async healthOfAll(@CurrentCaller() caller: Caller): Promise<Record<string, unknown>> {
    const all = await this.triggers.allInForce(500, caller);
    const items = all.map(({ id, workflow_id, type, name, health }) => ({ id, workflow_id, type, name, health }));
    const isIll = items.some(({ health }) => health.status === 'unhealthy' || health.status === 'degraded');
    return { status: isIll ? 'degraded' : 'healthy', items };
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ summary: 'A trigger with its health' })
  @ApiOkResponse({ type: TriggerDto })
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.get(id, caller);
  }

  @Put(':id')
  @Requires('editor')
  @ApiOperation({ summary: 'Change a trigger; what is left out stays' })
  @ApiOkResponse({ type: TriggerDto, description: 'The trigger as it is now' })
  @ApiProblems(404, 409, 422)
  update(
    @Param('id') id: string,
    @Body() body: ReplaceTriggerBody,
    @CurrentCaller() caller: Caller,
  ): Promise<TriggerView> {
    return this.triggers.update(id, body, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({ summary: 'Remove a trigger; its occurrences stay until they expire' })
  @ApiNoContentResponse({ description: 'Removed' })
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.triggers.remove(id, caller);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Pause: occurrences are recorded as skipped, nothing starts' })
  @ApiOkResponse({ type: TriggerDto, description: 'The trigger as it is now' })
  pause(@Param('id') id: string, @Body() body: PauseBody, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.pause(id, body.reason, caller);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Resume after a pause' })
  @ApiOkResponse({ type: TriggerDto, description: 'The trigger as it is now' })
  resume(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.resume(id, caller);
  }

  @Post(':id/test')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ summary: 'What would become of a payload; nothing is recorded and nothing starts' })
  @ApiOkResponse({ type: TriggerTestDto })
  test(
    @Param('id') id: string,
    @Body() body: TestTriggerBody,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.triggers.test(id, body.payload ?? {}, caller);
  }

  @Post(':id/backfill')
  @HttpCode(202)
  @Requires('operator')
  @ApiOperation({ summary: 'Fire the instants of a past range; those that have fired are duplicates' })
  @ApiAcceptedResponse({ type: BackfillDto })
  @ApiProblems(404, 409, 422)
  backfill(
    @Param('id') id: string,
    @Body() body: BackfillBody,
    @CurrentCaller() caller: Caller,
  ): Promise<BackfillAnswer> {
    const { from, to, dry_run: dryRun, max_active: maxActive } = body;
    return this.triggers.backfill(id, { from: new Date(from), to: new Date(to), dryRun, maxActive }, caller);
  }

  @Get(':id/preview')
  @Requires('viewer')
  @ApiOperation({ summary: 'The next instants in their zone, DST gaps and folds flagged' })
  @ApiOkResponse({ type: PreviewDto })
  async preview(
    @Param('id') id: string,
    @Query() query: PreviewQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const items = await this.triggers.preview(id, query.count, caller);
    return {
      items: items.map(({ at, dueAt, timezone, note }) => ({
        at: at.toISOString(),
        local: DateTime.fromJSDate(at, { zone: timezone }).toISO({ suppressMilliseconds: true }),
        note,
        due_at: dueAt.toISOString(),
      })),
    };
  }

  @Get(':id/occurrences')
  @Requires('viewer')
  @ApiOperation({ summary: 'What the trigger saw and what became of it, newest first' })
  @ApiOkResponse({ type: OccurrencePageDto })
  occurrences(
    @Param('id') id: string,
    @Query() query: OccurrencesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<OccurrenceView>> {
    return this.triggers.listOccurrences(id, query, caller);
  }

  @Get(':id/health')
  @Requires('viewer')
  @ApiOperation({ summary: 'How the trigger does' })
  @ApiOkResponse({ type: TriggerHealthDto })
  async health(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerHealth> {
    return (await this.triggers.get(id, caller)).health;
  }
}
