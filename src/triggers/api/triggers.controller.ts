import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiProblems } from '../../common/api/problems.js';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DateTime } from 'luxon';
import { CurrentCaller, Requires, type Caller } from '../../common/api/requires.js';
import type { Page } from '../../common/page.js';
import type { BackfillAnswer } from '../backfill.js';
import { TriggerService } from '../trigger.service.js';
import type { OccurrenceView, TriggerHealth, TriggerView } from '../trigger.view.js';
import {
  BackfillBody,
  OccurrencesQuery,
  PauseBody,
  PreviewQuery,
  ReplaceTriggerBody,
  TestTriggerBody,
} from './trigger.dto.js';

@ApiTags('Triggers')
@ApiResponse({ status: 404, description: 'There is no such trigger' })
@Controller('triggers')
@ApiProblems(404, 422)
export class TriggersController {
  constructor(private readonly triggers: TriggerService) {}

  @Get('health')
  @Requires('viewer')
  @ApiOperation({ summary: 'How all triggers in force do, the newest 500' })
  @ApiResponse({ status: 200, description: '{status, items: [{id, workflow_id, type, name, health}]}' })
  async healthOfAll(): Promise<Record<string, unknown>> {
    const all = await this.triggers.allInForce(500);
    const items = all.map(({ id, workflow_id, type, name, health }) => ({ id, workflow_id, type, name, health }));
    const isIll = items.some(({ health }) => health.status === 'unhealthy' || health.status === 'degraded');
    return { status: isIll ? 'degraded' : 'healthy', items };
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ summary: 'A trigger with its health' })
  @ApiResponse({ status: 200, description: 'The trigger' })
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.get(id, caller);
  }

  @Put(':id')
  @Requires('editor')
  @ApiOperation({ summary: 'Change a trigger; what is left out stays' })
  @ApiResponse({ status: 200, description: 'The trigger as it is now' })
  @ApiResponse({ status: 409, description: 'Its route or its name is taken' })
  @ApiResponse({ status: 422, description: 'Its config has faults' })
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
  @ApiResponse({ status: 204, description: 'Removed' })
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.triggers.remove(id, caller);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Pause: occurrences are recorded as skipped, nothing starts' })
  @ApiResponse({ status: 200, description: 'The trigger as it is now' })
  pause(@Param('id') id: string, @Body() body: PauseBody, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.pause(id, body.reason, caller);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Resume after a pause' })
  @ApiResponse({ status: 200, description: 'The trigger as it is now' })
  resume(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerView> {
    return this.triggers.resume(id, caller);
  }

  @Post(':id/test')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ summary: 'What would become of a payload; nothing is recorded and nothing starts' })
  @ApiResponse({ status: 200, description: '{outcome, reason, input, dedup_key}' })
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
  @ApiResponse({ status: 202, description: '{dry_run, count, items: [{at}], has_more}' })
  @ApiResponse({ status: 409, description: 'The trigger follows no calendar, or is not in force' })
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
  @ApiResponse({ status: 200, description: '{items: [{at, local, note, due_at}]}' })
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
  @ApiResponse({ status: 200, description: 'A page of occurrences' })
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
  @ApiResponse({ status: 200, description: 'Its health' })
  async health(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TriggerHealth> {
    return (await this.triggers.get(id, caller)).health;
  }
}
