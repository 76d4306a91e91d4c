import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import type { Page } from '../common/page.js';
import { ApprovalDto, ApprovalPageDto, ApprovalsQuery, DecideDto } from './approvals/approval.dto.js';
import { ApprovalQueries } from './approvals/approval-queries.service.js';
import { Approvals } from './approvals/approvals.service.js';

@ApiTags('Approvals')
@Controller('approvals')
export class ApprovalsController {
  constructor(
    private readonly queries: ApprovalQueries,
    private readonly approvals: Approvals,
  ) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'listApprovals', summary: 'List what people are asked to decide, newest first' })
  @ApiOkResponse({ type: ApprovalPageDto })
  @ApiProblems(401, 403, 422)
  list(@Query() query: ApprovalsQuery, @CurrentCaller() caller: Caller): Promise<Page<ApprovalDto>> {
    return this.queries.list(query, caller);
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getApproval', summary: 'Show an approval with its decisions and links' })
  @ApiOkResponse({ type: ApprovalDto })
  @ApiProblems(401, 403, 404)
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ApprovalDto> {
    return this.queries.get(id, caller);
  }

  @Post(':id/decide')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({
    operationId: 'decideApproval',
    summary: 'Approve or reject',
    description: 'Each person decides once. One rejection rejects; `approvals_needed` different people must approve.',
  })
  @ApiOkResponse({ type: ApprovalDto })
  @ApiProblems(400, 401, 403, 404, 409, 422)
  async decide(
    @Param('id') id: string,
    @Body() body: DecideDto,
    @CurrentCaller() caller: Caller,
  ): Promise<ApprovalDto> {
    const { assignees } = await this.queries.get(id, caller);
    const by = personOf(caller, assignees);
    const { decision, data, comment = null } = body;
    const row = await this.approvals.decide(id, { decision, data, comment, by, via: 'api' });
    return this.queries.show(row, caller);
  }
}

/** Somebody who signs in as an assignee is that assignee, also where a link names them. */
function personOf({ actor }: Caller, assignees: readonly string[]): string {
  const subject = actor.startsWith('jwt:') ? actor.slice('jwt:'.length) : null;
  return subject !== null && assignees.includes(subject) ? subject : actor;
}
