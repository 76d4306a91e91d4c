import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { Requires } from '../common/api/requires.js';
import { MeDto } from './access.dto.js';
import type { AuthenticatedRequest } from './access.guard.js';
import type { Identity } from './credentials.js';

@ApiTags('Access')
@Controller('me')
export class MeController {
  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'Who these credentials are, and what they may do' })
  @ApiOkResponse({ type: MeDto })
  @ApiProblems()
  me(@Req() request: AuthenticatedRequest) {
    // The guard has put it there: this route has a rule.
    const { actor, name, role, scopes, ownerId, expiresAt } = request.identity as Identity;
    return { actor, name, role, scopes, owner_id: ownerId, expires_at: expiresAt };
  }
}
