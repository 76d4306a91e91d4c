import { machine } from '../lib/machine.mjs';
import { short } from '../lib/numbers.mjs';
import { keep } from '../lib/results.mjs';
import { markdownTable, textTable } from '../lib/text-table.mjs';
import { writeCharts } from './charts.mjs';
import { figures, ratio } from './summary.mjs';
import { targets } from './targets.mjs';

const HEAD = [
  'contender',
  'executions/s',
  'M pg ×',
  'M redis ×',
  'accept p50/p99 ms',
  'finished p50/p99 ms',
  'answer p50/p99 ms',
  'start s',
  'idle MB',
  'load MB',
];

/** Prints the table, and writes it with everything it was made of to bench/results/. */
export function report(contestants, { plan, quick, minutes, postgres }) {
  const rows = contestants.map((contestant) => tableRow(contestant, contestants));
  const goals = targets(contestants);
  const notes = notesOf(contestants, { minutes, plan });
  const goalRows = goals.map(({ target, measured, holds }) => [target, measured, verdict(holds)]);
  const goalHead = ['target', 'measured', ''];
  console.log(`\n${textTable(HEAD, rows)}\n\n${textTable(goalHead, goalRows)}\n\n${notes.join('\n')}\n`);
  keep('compare.json', {
    machine: { ...machine(), postgres },
    quick,
    plan,
    minutes,
    contenders: contestants.map(asJson),
    targets: goals,
  });
  const about = notes.map((note) => `- ${note}`).join('\n');
  keep('compare.md', `${markdownTable(HEAD, rows)}\n\n${markdownTable(goalHead, goalRows)}\n\n${about}\n`);
  writeCharts(contestants);
}

function tableRow(contestant, all) {
  const { contender, version, failure, rounds } = contestant;
  const name = [contender.title, version].filter(Boolean).join(' ');
  if (rounds.length === 0) return [`${name}: ${firstLine(failure)}`, ...HEAD.slice(1).map(() => '–')];
  const found = figures(contestant);
  const behind = found.kept_up ? '' : ' *';
  return [
    name,
    short(found.executions_per_second),
    ...['millrace-postgres', 'millrace-redis'].map((key) => ratioText(all, key, contestant)),
    pair(found.accept_p50_ms, found.accept_p99_ms) + behind,
    pair(found.finished_p50_ms, found.finished_p99_ms) + behind,
    pair(found.answer_p50_ms, found.answer_p99_ms),
    short(found.start_s),
    short(found.idle_mb),
    short(found.load_mb),
  ];
}

function ratioText(all, key, contestant) {
  const own = all.find((each) => each.key === key);
  const value = own === undefined ? null : ratio(own, contestant);
  return value === null ? '–' : short(value);
}

function notesOf(contestants, { minutes, plan }) {
  const { cores, cpu, load_average } = machine();
  const notes = [
    `Medians of ${plan.rounds} rounds; ratios are medians of each round's ratio. ${minutes.toFixed(1)} minutes after the peers were installed.`,
    `${cores} cores (${cpu}), everything on them; load average at the end ${load_average.toFixed(1)}.`,
    '"M pg ×", "M redis ×": how many times as many executions a second Millrace finishes, on PostgreSQL alone and with Redis.',
  ];
  if (contestants.some((each) => figures(each).kept_up === false))
    notes.push('* fell behind at 200 a second: the figure grows with the time of the measurement.');
  if (contestants.some(({ contender }) => contender.recordsNothing))
    notes.push('Node-RED records nothing: its executions are counted in its memory, and are gone with it.');
  for (const contestant of contestants) notes.push(...losses(contestant));
  for (const { contender, failure } of contestants)
    if (failure !== null) notes.push(`${contender.title} is out: ${failure}`);
  return notes;
}

/** What a peer refused or did not answer; ours would be out. */
function losses({ contender, rounds }) {
  const sum = (pick) => rounds.reduce((total, round) => total + pick(round), 0);
  const refused = sum((round) => round.refused + round.refusedSteady);
  const lost = sum((round) => round.answer.lost);
  const notes = [];
  if (refused > 0) notes.push(`${contender.title} refused ${refused} requests; they count for nothing.`);
  if (lost > 0) notes.push(`${contender.title} lost ${lost} synchronous answers.`);
  return notes;
}

function asJson(contestant) {
  const { key, contender, version, failure, rounds, startSeconds, idleBytes } = contestant;
  return {
    key,
    title: contender.title,
    version,
    failure,
    figures: figures(contestant),
    startSeconds,
    idleBytes,
    rounds,
  };
}

function pair(low, high) {
  return `${short(low)} / ${short(high)}`;
}

function verdict(holds) {
  return holds === null ? '–' : holds ? 'holds' : 'MISSED';
}

function firstLine(text) {
  return (text ?? '').split('\n')[0].slice(0, 80);
}
