import { median } from '../lib/numbers.mjs';

const MB = 2 ** 20;

/** The figures of a contender: medians over its rounds. null: not measured. */
export function figures({ rounds, startSeconds, idleBytes }) {
  const of = (pick) => median(rounds.map(pick));
  return {
    executions_per_second: of((round) => round.perSecond),
    accept_p50_ms: of((round) => round.accept.p50),
    accept_p99_ms: of((round) => round.accept.p99),
    finished_p50_ms: of((round) => round.finished.p50),
    finished_p99_ms: of((round) => round.finished.p99),
    kept_up: rounds.length === 0 ? null : rounds.filter((round) => round.keptUp).length * 2 > rounds.length,
    answer_p50_ms: of((round) => round.answer.p50),
    answer_p99_ms: of((round) => round.answer.p99),
    start_s: median(startSeconds),
    idle_mb: megabytes(idleBytes),
    load_mb: megabytes(median(rounds.map((round) => round.loadBytes))),
    /** The last round's beside the first's: 1 is flat. */
    load_growth: growth(rounds),
  };
}

/** How many times as many executions a second `one` finishes: the median of the ratios of each round. */
export function ratio(one, other) {
  const pairs = one.rounds.flatMap(({ round, perSecond }) => {
    const same = other.rounds.find((each) => each.round === round);
    return same === undefined ? [] : [perSecond / same.perSecond];
  });
  return median(pairs);
}

function megabytes(bytes) {
  return bytes === null ? null : bytes / MB;
}

function growth(rounds) {
  const first = rounds[0]?.loadBytes;
  const last = rounds.at(-1)?.loadBytes;
  return rounds.length < 2 || !first || !last ? null : last / first;
}
