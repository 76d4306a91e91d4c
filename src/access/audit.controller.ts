import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { Requires } from '../common/api/requires.js';
import { AuditPage, AuditQuery } from './access.dto.js';
import { AuditLog } from './audit-log.js';

@ApiTags('Access')
@Controller('audit-log')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Requires('admin')
  @ApiOperation({ summary: 'Who wrote what, newest first' })
  @ApiOkResponse({ type: AuditPage })
  @ApiProblems(422)
  list(@Query() query: AuditQuery) {
    return this.log.list(query);
  }
}
