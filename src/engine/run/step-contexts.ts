import type { Names } from '../../definition/plan.js';
import type { NodeTools, Resumed, StepFiles, StepJournal } from '../../nodes/node.contract.js';
import { NO_FILES, OwnedFiles } from '../files/step-files.js';
import type { AttemptContext } from './attempt.js';
import type { RunScope } from './run-scope.js';
import { shownInput } from './shown-input.js';
import type { StepRecord } from './step-record.js';
import { isWithheldFrom, WITHHELD_CONNECTIONS } from './withheld.js';

/** Gives an attempt what its node works with: config and input, files, journal, connections and other node types. */
export class StepContexts {
  constructor(private readonly run: RunScope) {}

  /** @throws NodeError when an expression fails or the config does not fit. */
  of(record: StepRecord, names: Names, resumed: Resumed | null): AttemptContext {
    const { claimed, services, mocks, now } = this.run;
    const { step, path } = record;
    const config = step.config.evaluate(names);
    const mapped = step.inputMapping?.evaluate(names);
    record.fields.input = shownInput(mapped ?? config, (value) => services.redaction.value(value));
    const context: AttemptContext = {
      config: services.types.resolve(step.type, config),
      input: mapped ?? claimed.input,
      executionId: claimed.id,
      workflowId: claimed.workflow_id,
      stepExecutionId: record.fields.id,
      stepPath: path,
      ...(mocks !== null && { isTest: true }),
      attempt: record.fields.attempt,
      idempotencyKey: `${claimed.id}:${path}`,
      connections: isWithheldFrom(claimed) ? WITHHELD_CONNECTIONS : services.connections,
      now,
      tell: (text, isLast = false) =>
        services.onText({ executionId: claimed.id, stepPath: path, attempt: record.fields.attempt, text, isLast }),
      ...(step.effect !== 'pure' && { journal: this.journalOf(record) }),
      files: step.effect === 'pure' ? NO_FILES : this.filesOf(path),
      resumed,
    };
    return { ...context, nodes: this.toolsOf(context) };
  }

  private journalOf({ fields }: StepRecord): StepJournal {
    const { id: executionId, epoch, attempt } = this.run.claimed;
    return this.run.services.journalOf({ stepExecutionId: fields.id, executionId, epoch, attempt });
  }

  private toolsOf(context: AttemptContext): NodeTools {
    const { types } = this.run.services;
    return {
      describe: (type) => types.describe(type),
      run: async (type, config, as) =>
        await types.get(type).execute({ ...context, ...as, config: types.resolve(type, config), resumed: null }),
    };
  }

  private filesOf(stepPath: string): StepFiles {
    const { id: executionId, epoch } = this.run.claimed;
    const { files, redaction } = this.run.services;
    return new OwnedFiles(files, { executionId, epoch, stepPath }, (text) => redaction.text(text));
  }
}
