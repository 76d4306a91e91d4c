import { short } from '../lib/numbers.mjs';
import { figures, ratio } from './summary.mjs';

/** What the comparison is held against. @returns [{target, measured, holds}]; `holds` is null where it was not measured */
export function targets(contestants) {
  const by = (key) => contestants.find((each) => each.key === key && each.rounds.length > 0);
  const [alone, redis] = [by('millrace-postgres'), by('millrace-redis')];
  const bestN8n = best(by('n8n'), by('n8n-queue'));
  const peers = contestants.filter(({ contender, rounds }) => isPeer(contender) && rounds.length > 0);
  return [
    times('executions/s: n8n in its best mode ×20', redis, bestN8n, 20),
    times('executions/s: DBOS Transact on the same PostgreSQL ×5', alone, by('dbos'), 5),
    times('executions/s: Restate ×2', redis ?? alone, by('restate'), 2),
    times('executions/s: 60 % of the bare pipeline, PostgreSQL alone', alone, by('pipeline-postgres'), 0.6),
    times('executions/s: 60 % of the bare pipeline, Redis', redis, by('pipeline-redis'), 0.6),
    first('accept p99 at 200/s: first of those that record', 'accept_p99_ms', alone, redis, peers),
    first('webhook to finished p99 at 200/s: first of those that record', 'finished_p99_ms', alone, redis, peers),
    first('synchronous answer p50: first of those that record', 'answer_p50_ms', alone, redis, peers),
    below('start to first answer below 3 s', 'start_s', 3, alone, redis),
    below('idle memory below 200 MB', 'idle_mb', 200, alone, redis),
  ];
}

/** What records its executions is a peer; the bare pipeline is a limit and Node-RED does less. */
function isPeer({ own, limitOf, recordsNothing }) {
  return own !== true && limitOf === undefined && recordsNothing !== true;
}

function best(one, other) {
  if (one === undefined || other === undefined) return one ?? other;
  return figures(one).executions_per_second >= figures(other).executions_per_second ? one : other;
}

function times(target, own, other, wanted) {
  const value = own === undefined || other === undefined ? null : ratio(own, other);
  if (value === null) return { target, measured: 'not measured', holds: null };
  return { target, measured: `×${short(value)}`, holds: value >= wanted };
}

function first(target, figure, alone, redis, peers) {
  const own = [alone, redis].flatMap((each) => (each === undefined ? [] : [figures(each)[figure]]));
  const others = peers.map((each) => ({ title: each.contender.title, value: figures(each)[figure] }));
  if (own.length === 0 || others.length === 0) return { target, measured: 'not measured', holds: null };
  const next = others.reduce((least, each) => (each.value < least.value ? each : least));
  const value = Math.min(...own);
  const measured = `${short(value)} ms, then ${next.title} ${short(next.value)} ms`;
  return { target, measured, holds: value < next.value };
}

function below(target, figure, limit, ...own) {
  const values = own.flatMap((each) => (each === undefined ? [] : [figures(each)[figure]])).filter((v) => v !== null);
  if (values.length === 0) return { target, measured: 'not measured', holds: null };
  return { target, measured: values.map(short).join(' and '), holds: Math.max(...values) < limit };
}
