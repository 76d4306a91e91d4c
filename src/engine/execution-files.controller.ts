import { Readable } from 'node:stream';
import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { ExecutionFiles } from './files/execution-files.service.js';
import { attachment } from '../common/file-name.js';
import { FileNotFoundError } from './files/files.errors.js';
import { toFileEntry } from './files/step-files.js';
import { FilesDto } from './views/file.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Executions')
@Controller('executions/:id/files')
export class ExecutionFilesController {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly files: ExecutionFiles,
  ) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'listExecutionFiles', summary: 'List the files of an execution, oldest first' })
  @ApiOkResponse({ type: FilesDto })
  @ApiProblems(401, 403, 404)
  async list(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<FilesDto> {
    await this.queries.summary(id, caller);
    return { items: (await this.files.list(id)).map(toFileEntry) };
  }

  @Get(':file_id')
  @Requires('viewer')
  @ApiOperation({
    operationId: 'downloadExecutionFile',
    summary: 'Download a file of an execution',
    description: 'With the type that it was written with, always as an attachment.',
  })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ description: 'The content.', schema: { type: 'string', format: 'binary' } })
  @ApiProblems(401, 403, 404)
  async download(
    @Param('id') id: string,
    @Param('file_id') fileId: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    await this.queries.summary(id, caller);
    const file = (await this.files.list(id)).find((each) => each.id === fileId.toLowerCase());
    if (file === undefined) throw new FileNotFoundError(fileId);
    void reply.headers({
      'content-type': file.type,
      'content-length': file.size,
      'content-disposition': attachment(file.name),
      // Whatever it is and says it is: no browser may run it as a part of this server.
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-cache',
      etag: `"${file.sha256}"`,
    });
    return Readable.from(this.files.content(file), { objectMode: false });
  }
}
