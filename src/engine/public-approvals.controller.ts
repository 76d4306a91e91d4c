import { Controller, Get, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkBody } from '../common/api/check-body.js';
import { ApiProblems } from '../common/api/problems.js';
import { OpenToAll } from '../common/api/requires.js';
import { AppError } from '../common/errors/app-error.js';
import { DecideByLinkDto } from './approvals/approval.dto.js';
import { DecisionInvalidError } from './approvals/approval.errors.js';
import { PAGE_HEADERS, sayingPage } from './approvals/approval-page.js';
import { PublicApprovals } from './approvals/public-approvals.service.js';
import { PublicLimitGuard } from './public-limit.guard.js';

/** The links of approvals. Who holds one is known by it. */
@ApiTags('Public')
@OpenToAll()
@UseGuards(PublicLimitGuard)
@Controller('public/approvals')
export class PublicApprovalsController {
  constructor(private readonly approvals: PublicApprovals) {}

  @Get(':token')
  @ApiOperation({ operationId: 'showApprovalPage', summary: 'The page behind a link of an approval; decides nothing' })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems(403, 409, 429)
  async show(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    await answer(reply, () => this.approvals.page(token));
  }

  @Post(':token')
  @ApiOperation({
    operationId: 'decideByLink',
    summary: 'Decide by a link, once',
    description: 'Takes JSON, or the form of the page; a form is answered with a page.',
  })
  @ApiBody({ type: DecideByLinkDto, required: false })
  @ApiOkResponse({ schema: { type: 'object', properties: { decision: { type: 'string' } } } })
  @ApiProblems(400, 403, 409, 415, 422, 429)
  async decide(
    @Param('token') token: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const sent: unknown = request.body;
    if (sent instanceof URLSearchParams) {
      await answer(reply, () => this.decideByForm(token, sent));
      return;
    }
    const { value, faults } = checkBody(DecideByLinkDto, typeof sent === 'object' && sent !== null ? sent : {});
    if (faults.length > 0) throw new DecisionInvalidError(faults);
    const decision = await this.approvals.decide(token, value);
    void reply.code(200).headers({ 'cache-control': 'no-store' }).send({ decision });
  }

  private async decideByForm(token: string, sent: URLSearchParams): Promise<string | Page> {
    try {
      const verb = await this.approvals.decideByForm(token, sent);
      const said = verb === 'approve' ? 'Approved' : 'Rejected';
      return sayingPage(said, 'Your decision is recorded. You may close this page.');
    } catch (error) {
      if (!(error instanceof DecisionInvalidError)) throw error;
      return { status: 422, html: await this.approvals.pageAgain(token, sent, error.errors) };
    }
  }
}

interface Page {
  readonly status: number;
  readonly html: string;
}

/** People see a page also when something is refused. */
async function answer(reply: FastifyReply, make: () => Promise<string | Page>): Promise<void> {
  const page = await make().catch((error: unknown): Page => {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    return { status: error.status, html: sayingPage('This link cannot be used', `${error.message} (${error.code})`) };
  });
  const { status, html } = typeof page === 'string' ? { status: 200, html: page } : page;
  void reply.code(status).headers(PAGE_HEADERS).send(html);
}
