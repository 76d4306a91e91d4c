import { barChart } from '../lib/bar-chart.mjs';
import { keep } from '../lib/results.mjs';
import { figures } from './summary.mjs';

const CHARTS = [
  {
    name: 'throughput',
    title: 'Executions per second, 50 connections',
    unit: 'executions/s',
    value: 'executions_per_second',
    log: true,
  },
  {
    name: 'accept',
    title: 'Webhook to answer 202, at 200 a second',
    unit: 'ms, p50 / p99',
    value: 'accept_p99_ms',
    low: 'accept_p50_ms',
    log: true,
  },
  {
    name: 'finished',
    title: 'Webhook to finished, at 200 a second',
    unit: 'ms, p50 / p99',
    value: 'finished_p99_ms',
    low: 'finished_p50_ms',
    log: true,
  },
  {
    name: 'answer',
    title: 'Webhook to the result of its execution, one at a time',
    unit: 'ms, p50 / p99',
    value: 'answer_p99_ms',
    low: 'answer_p50_ms',
    log: true,
  },
  { name: 'start', title: 'Start to first answer', unit: 's', value: 'start_s' },
  { name: 'memory', title: 'Memory, idle and under load', unit: 'MB', value: 'load_mb', low: 'idle_mb' },
];

/** Writes one SVG a figure. */
export function writeCharts(contestants) {
  for (const { name, title, unit, value, low, log } of CHARTS) {
    const rows = contestants.map((contestant) => row(contestant, value, low)).sort(byValue(name === 'throughput'));
    if (rows.some((each) => each.value !== null)) keep(`compare-${name}.svg`, barChart({ title, unit, rows, log }));
  }
}

function row(contestant, value, low) {
  const { contender, failure } = contestant;
  const found = figures(contestant);
  const slow = found.kept_up === false && /accept|finished/.test(value);
  return {
    label: contender.title,
    kind: contender.own ? 'own' : contender.limitOf ? 'limit' : 'peer',
    value: found[value],
    low: low === undefined ? 0 : found[low],
    note: found[value] === null && failure !== null ? 'could not be measured' : slow ? '(fell behind)' : '',
  };
}

function byValue(highestFirst) {
  const last = highestFirst ? -Infinity : Infinity;
  const rank = ({ value }) => value ?? last;
  return (a, b) => (highestFirst ? rank(b) - rank(a) : rank(a) - rank(b));
}
