import { Injectable } from '@nestjs/common';
import { scopeOwner } from '../common/api/owner.js';
import type { Caller } from '../common/api/requires.js';
import type { StatisticsDto, StatisticsQuery } from '../common/statistics/statistics.dto.js';
import { StatisticsReader } from '../common/statistics/statistics.reader.js';
import { WorkflowDirectory } from '../workflows/workflow-directory.js';

/** The figures of all workflows that a caller may see. */
@Injectable()
export class ServerStatistics {
  constructor(
    private readonly reader: StatisticsReader,
    private readonly workflows: WorkflowDirectory,
  ) {}

  /** @throws AppError 422 `range_invalid` */
  async of(query: StatisticsQuery, caller: Caller): Promise<StatisticsDto> {
    const owner = scopeOwner(caller);
    if (owner === null) return await this.reader.ofAll(query);
    return await this.reader.ofMany(await this.workflows.idsOf(owner), query);
  }
}
