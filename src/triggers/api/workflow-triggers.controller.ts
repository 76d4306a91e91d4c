import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiProblems } from '../../common/api/problems.js';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, OpenToAll, Requires, type Caller } from '../../common/api/requires.js';
import { WaitQuery } from '../../common/api/wait.dto.js';
import type { TriggerTypeDescription } from '../../definition/type-catalogue.js';
import { keyIn } from '../../engine/start/idempotency-key.js';
import { waitTimeout } from '../../engine/start/wait-timeout.js';
import { ManualStarts, type ManualAnswer, type ManualOrder } from '../manual/manual.service.js';
import type { StartAnswer } from '../start-answer.js';
import { SharedIngress } from '../ingress/shared-ingress.service.js';
import { TriggerFiring } from '../trigger-firing.service.js';
import { TriggerManager } from '../trigger-manager.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { TriggerService } from '../trigger.service.js';
import type { TriggerView } from '../trigger.view.js';
import { ConfirmBody, ManualBody } from './manual.dto.js';
import {
  ConfirmationDto,
  FiredDto,
  TriggerDto,
  TriggerListDto,
  TriggerTypeListDto,
  WebhooksStatusDto,
  WorkflowTriggersStatusDto,
} from './trigger-answers.dto.js';
import { CreateTriggerBody } from './trigger.dto.js';

type ShownType = Omit<TriggerTypeDescription, 'check'>;
type Reply = Pick<FastifyReply, 'status'>;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  description: 'The same key starts nothing twice.',
} as const;
const STARTED_OR_ASKED = { oneOf: [FiredDto, ConfirmationDto].map((type) => ({ $ref: getSchemaPath(type) })) };

@ApiTags('Triggers')
@ApiExtraModels(FiredDto, ConfirmationDto)
@Controller()
@ApiProblems(404, 422)
export class WorkflowTriggersController {
  constructor(
    private readonly triggers: TriggerService,
    private readonly manual: ManualStarts,
    private readonly firing: TriggerFiring,
    private readonly registry: TriggerRegistry,
    private readonly manager: TriggerManager,
    private readonly shared: SharedIngress,
  ) {}

  @Get('trigger-types')
  @Requires('viewer')
  @ApiOperation({ summary: 'The trigger types, each with the JSON Schema of its config' })
  @ApiOkResponse({ type: TriggerTypeListDto })
  types(): { items: ShownType[]; next_cursor: null } {
    return { items: this.registry.triggerTypes().map(shownType), next_cursor: null };
  }

  @Get('workflows/:id/triggers')
  @Requires('viewer')
  @ApiOperation({ summary: 'The triggers of a workflow' })
  @ApiOkResponse({ type: TriggerListDto })
  async list(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ items: TriggerView[]; next_cursor: null }> {
    return { items: await this.triggers.ofWorkflow(id, caller), next_cursor: null };
  }

  @Post('workflows/:id/triggers')
  @Requires('editor')
  @ApiOperation({ summary: 'Add a trigger; in force at once when the workflow is deployed' })
  @ApiCreatedResponse({ type: TriggerDto })
  @ApiProblems(404, 409, 422)
  create(
    @Param('id') id: string,
    @Body() body: CreateTriggerBody,
    @CurrentCaller() caller: Caller,
  ): Promise<TriggerView> {
    return this.triggers.create(id, body, caller);
  }

  @Get('triggers/workflows/:id/status')
  @Requires('viewer')
  @ApiOperation({ summary: 'How the triggers of a workflow do' })
  @ApiOkResponse({ type: WorkflowTriggersStatusDto })
  status(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ workflow_id: string; triggers: TriggerView[] }> {
    return this.triggers.statusOf(id, caller);
  }

  @Post('triggers/workflows/:id/manual')
  @Requires('operator')
  @ApiOperation({ summary: 'Start by hand; with a confirmation where the trigger requires one' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse({ schema: STARTED_OR_ASKED, description: 'Started, or a confirmation is asked for.' })
  @ApiOkResponse({ schema: { type: 'object' }, description: 'With wait: the finished execution.' })
  @ApiProblems(403, 404, 409, 422)
  async start(
    @Param('id') id: string,
    @Body() body: ManualBody,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ManualAnswer['body']> {
    const order = orderOf(body, query, key);
    if (typeof body.confirm === 'string')
      return answered(reply, await this.manual.confirm(id, body.confirm, order, caller));
    return answered(reply, await this.manual.start(id, order, caller));
  }

  @Post('triggers/workflows/:id/manual/confirm')
  @Requires('operator')
  @ApiOperation({ summary: 'Confirm a start by hand; the token holds once, for 10 minutes, for the caller who got it' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse({ type: FiredDto })
  @ApiOkResponse({
    schema: { type: 'object' },
    description: 'When this request or the first one had wait: the finished execution.',
  })
  @ApiProblems(403, 404, 409, 422)
  async confirm(
    @Param('id') id: string,
    @Body() body: ConfirmBody,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ManualAnswer['body']> {
    const waitMs = body.wait_timeout ?? query.wait_timeout;
    const order = {
      wait: body.wait ?? query.wait ?? false,
      waitMs: waitMs === undefined ? null : waitTimeout(waitMs),
      idempotencyKey: keyIn(key),
    };
    return answered(reply, await this.manual.confirm(id, body.token, order, caller));
  }

  @Post('triggers/workflows/:id/webhook')
  @Requires('operator')
  @ApiOperation({ summary: "Fire a workflow's webhook as a caller of the API: the body is the webhook's" })
  @ApiBody({ required: false, schema: { example: { name: 'Ada' } } })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse({ type: FiredDto })
  @ApiOkResponse({ schema: { type: 'object' }, description: 'With wait: the finished execution.' })
  @ApiProblems(404, 409, 422)
  async fire(
    @Param('id') id: string,
    @Body() body: unknown,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ManualAnswer['body']> {
    const timeoutMs = waitTimeout(query.wait_timeout);
    const waitMs = query.wait === true ? timeoutMs : null;
    const order = { body: body ?? null, idempotencyKey: keyIn(key), waitMs };
    return answered(reply, await this.firing.fireWebhook(id, order, caller));
  }

  @Post('occurrences/:id/replay')
  @HttpCode(202)
  @Requires('operator')
  @ApiOperation({ summary: 'Start an occurrence again, marked as a replay' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse({ type: FiredDto })
  @ApiProblems(404, 409, 422)
  replay(
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<StartAnswer> {
    return this.triggers.replay(id, keyIn(key), caller);
  }

  @Get('public/webhooks/status')
  @OpenToAll()
  @ApiOperation({ summary: 'Whether this replica takes deliveries' })
  @ApiOkResponse({ type: WebhooksStatusDto })
  async webhooks(): Promise<Record<string, unknown>> {
    const { attached, failing } = this.manager.counts();
    const items = await this.shared.status();
    return { status: failing === 0 ? 'healthy' : 'degraded', webhooks: attached, items };
  }
}

function shownType({ type, aliases, title, description, schema }: TriggerTypeDescription): ShownType {
  return { type, aliases, title, description, schema };
}

function orderOf(body: ManualBody, query: WaitQuery, key: string | undefined): ManualOrder {
  return {
    input: body.input ?? {},
    variables: body.variables ?? {},
    priority: body.priority ?? null,
    wait: body.wait ?? query.wait ?? false,
    waitMs: waitTimeout(body.wait_timeout ?? query.wait_timeout),
    idempotencyKey: keyIn(key),
  };
}

function answered(reply: Reply, answer: ManualAnswer): ManualAnswer['body'] {
  void reply.status(answer.status);
  return answer.body;
}
