import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { scopeOwner } from '../../common/api/owner.js';
import { ApiProblems } from '../../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../../common/api/requires.js';
import { Clock } from '../../common/clock.js';
import { parseDuration } from '../../common/duration.js';
import { isId } from '../../common/ids.js';
import { Memory, type MemoryEntry, type MemoryPlace } from '../../common/memory/memory.contract.js';
import { MemoryKeyNotFoundError, MemoryNotAllowedError, MemoryValueError } from '../../common/memory/memory.errors.js';
import { MemoryBody, MemoryDto, MemoryParams, MemoryQuery } from './memory.dto.js';

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The revision that the value must have; 0: none yet.',
};

@ApiTags('Memory')
@Controller('memory/:scope/:key')
export class MemoryController {
  constructor(
    private readonly memory: Memory,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'Show a value that memory steps keep' })
  @ApiOkResponse({ type: MemoryDto })
  @ApiProblems(404, 422)
  async get(@Param() params: MemoryParams, @Query() query: MemoryQuery, @CurrentCaller() caller: Caller) {
    const entry = await this.memory.get(placeOf(params, query, caller), params.key);
    if (entry === null) throw new MemoryKeyNotFoundError(params.key);
    return this.view(entry);
  }

  @Put()
  @Requires('editor')
  @ApiOperation({ summary: 'Set a value' })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: MemoryDto })
  @ApiProblems(412, 422)
  async put(
    @Param() params: MemoryParams,
    @Query() query: MemoryQuery,
    @Body() { value, ttl }: MemoryBody,
    @CurrentCaller() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ) {
    const ttlMs = ttl === undefined || ttl === null ? null : parseDuration(ttl);
    const write = { ttlMs, ifRevision: revisionOf(ifMatch), writtenBy: null };
    return this.view(await this.memory.set(placeOf(params, query, caller), params.key, value, write));
  }

  @Delete()
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({ summary: 'Remove a value' })
  @ApiHeader(IF_MATCH)
  @ApiNoContentResponse()
  @ApiProblems(404, 412, 422)
  async remove(
    @Param() params: MemoryParams,
    @Query() query: MemoryQuery,
    @CurrentCaller() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ) {
    const wasThere = await this.memory.delete(placeOf(params, query, caller), params.key, revisionOf(ifMatch));
    if (!wasThere) throw new MemoryKeyNotFoundError(params.key);
  }

  private view({ value, revision, expiresAt }: MemoryEntry): MemoryDto {
    const ttl = expiresAt === null ? null : Math.max(0, Math.round((expiresAt.getTime() - this.clock.now()) / 1_000));
    return { value, ttl, revision };
  }
}

function placeOf({ scope }: MemoryParams, { owner }: MemoryQuery, caller: Caller): MemoryPlace {
  if (scopeOwner(caller) !== null) throw new MemoryNotAllowedError();
  if (scope === 'global') return { scope, owner: '' };
  if (owner === undefined) throw new MemoryValueError(`Say by ?owner= whose ${scope} memory it is`);
  if (scope === 'conversation') return { scope, owner };
  if (!isId(owner)) throw new MemoryValueError(`"owner" must be the id of the ${scope}`);
  return { scope, owner: owner.toLowerCase() };
}

function revisionOf(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  const revision = /^(?:W\/)?"?(\d+)"?$/.exec(ifMatch.trim())?.[1];
  if (revision === undefined) throw new MemoryValueError('If-Match must be a revision');
  return Number(revision);
}
