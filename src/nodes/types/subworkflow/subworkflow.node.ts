import { newId } from '../../../common/ids.js';
import {
  done,
  NodeType,
  type ChildAnswer,
  type ChildRequest,
  type NodeContext,
  type NodeFailure,
  type NodeOutcome,
} from '../../node.contract.js';
import { SubworkflowConfig } from './subworkflow.config.js';

type Ended = Extract<ChildAnswer, { kind: 'workflow' }>;

export class SubworkflowNode extends NodeType<SubworkflowConfig> {
  readonly type = 'subworkflow';
  readonly kind = 'FLOW';
  readonly title = 'Subworkflow';
  readonly description =
    'Starts an execution of another workflow and waits for its end, holding no slot; or starts it and goes on.';
  readonly config = SubworkflowConfig;

  effect(): 'once' {
    return 'once';
  }

  execute({ config, resumed }: NodeContext<SubworkflowConfig>): NodeOutcome {
    if (resumed !== null) return conclude(resumed.answer?.value as ChildAnswer, config.wait);
    const { workflow, version = null, input = {}, wait } = config;
    const payload: ChildRequest = { kind: 'workflow', execution_id: newId(), workflow, version, input, wait };
    const shows = { execution_id: payload.execution_id };
    return { kind: 'suspend', request: { for: 'child', payload }, until: null, state: { kind: 'workflow' }, shows };
  }
}

function conclude(answer: ChildAnswer, waited: boolean): NodeOutcome {
  if (answer.kind === 'refused') return fail(answer.error);
  const { execution_id, status, output } = answer as Ended;
  if (!waited) return done({ execution_id, status: 'queued', output: null });
  return status === 'completed' ? done({ execution_id, status, output }) : fail(failureOf(answer as Ended));
}

function failureOf({ execution_id, status, error }: Ended): NodeFailure {
  const cause = (error as { message?: string } | null)?.message;
  return {
    code: 'subworkflow_failed',
    message: `Execution ${execution_id} of the subworkflow ended as ${status}${cause === undefined ? '' : `: ${cause}`}`,
    retryable: true,
    details: { execution_id, status, error },
  };
}

function fail(error: NodeFailure): NodeOutcome {
  return { kind: 'fail', error };
}
