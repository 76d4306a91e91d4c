import { eventually } from '../support/eventually.js';
import { gather } from './evidence.js';
import type { Fault } from './fault.js';
import type { Load } from './load.js';
import { judge, type Verdict } from './promises.js';
import { Random } from './random.js';
import type { Replica } from './replica.js';
import { schedule, type Cycle } from './schedule.js';
import { World, type BackendName } from './world.js';

export interface RunOptions {
  readonly seed: number;
  readonly cycles: number;
  readonly backend: BackendName;
  readonly faults: readonly Fault[];
  /** Who died stays away until it is taken for dead, in some cycles. Default true. */
  readonly lateReturns?: boolean;
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly executions: number;
  readonly steps: number;
  readonly calls: number;
  readonly load: Load;
  readonly verdicts: readonly Verdict[];
  /** How often each fault struck, and how often it took effect. */
  readonly hits: Hits;
  /** How often who was killed stayed away until the others had buried it. */
  readonly buried: number;
  readonly leftOut: readonly string[];
  /** Everything that is wrong; empty: the run has passed. */
  readonly failures: readonly string[];
}

type Hits = ReadonlyMap<string, { struck: number; hit: number }>;

/** What happened, cycle by cycle. */
class Tally {
  readonly hits = new Map<string, { struck: number; hit: number }>();
  buried = 0;

  count(name: string, hit: boolean): void {
    const before = this.hits.get(name) ?? { struck: 0, hit: 0 };
    this.hits.set(name, { struck: before.struck + 1, hit: before.hit + (hit ? 1 : 0) });
  }
}

const STRIKE_LIMIT_MS = 40_000;
/** Within that time something must have finished after each fault. */
const PROGRESS_LIMIT_MS = 120_000;
const TAKEN_FOR_DEAD_LIMIT_MS = 40_000;
/** Within that time all must have finished at the end. */
const END_LIMIT_MS = 240_000;
const SHOWN = 10;

const DEAD = /* sql */ `
SELECT pid, expires_at - now() AS left, (SELECT count(*)::int FROM execution WHERE owner = replica.id) AS executions
FROM replica WHERE pid <> ALL($1::int[])`;

/** One run: load, faults one after the other, an end, a verdict. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const world = await World.start(options.backend);
  const { possible, leftOut } = sift(options, world);
  for (const line of leftOut) options.say(`left out: ${line}`);
  const failures: string[] = [];
  const load = world.load(new Random(options.seed + 1));
  const tally = new Tally();
  load.start();
  world.mails?.start();
  try {
    const cycles = schedule(options.seed, options.cycles, possible);
    for (const [index, cycle] of cycles.entries()) {
      const absent = cycle.fault.needsTwo === true && cycles[index + 1]?.fault.needsTwo === true ? 1 : 0;
      const failure = await runCycle({ ...cycle, absent }, world, load, tally, options);
      if (failure !== null) failures.push(`cycle ${cycle.number} (${cycle.fault.name}): ${failure}`);
      if (failure !== null) break;
    }
    await world.heal();
    await load.stop();
    await world.mails?.stop();
    failures.push(...(await allEnd(world)));
  } finally {
    void load.stop();
    world.mails?.stop().catch(() => undefined);
  }
  return await conclude(world, load, tally, leftOut, failures);
}

function sift({ faults, backend }: RunOptions, world: World): { possible: Fault[]; leftOut: string[] } {
  const fitting = faults.filter((fault) => fault.backend === undefined || fault.backend === backend);
  const reasons = new Map(fitting.map((fault) => [fault, fault.impossible?.(world) ?? null]));
  return {
    possible: fitting.filter((fault) => reasons.get(fault) === null),
    leftOut: fitting
      .filter((fault) => reasons.get(fault) !== null)
      .map((fault) => `${fault.name}: ${reasons.get(fault)}`),
  };
}

/** @returns what is wrong. */
async function runCycle(
  { number, fault, calmMs, comesBackLate, random, absent }: Cycle & { absent: number },
  world: World,
  load: Load,
  tally: Tally,
  { say, cycles, lateReturns = true }: RunOptions,
): Promise<string | null> {
  await new Promise((next) => setTimeout(next, calmMs));
  const began = performance.now();
  try {
    const hit = await fault.strike({ world, load, random, limitMs: STRIKE_LIMIT_MS });
    tally.count(fault.name, hit);
    if (comesBackLate && lateReturns && (await takenForDead(world))) tally.buried++;
    await world.heal(absent);
    const before = await world.ended();
    const after = await eventually(async () => {
      const now = await world.ended();
      if (now === before) throw new Error('nothing has finished since');
      return now;
    }, PROGRESS_LIMIT_MS);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    say(
      `${String(number).padStart(4)}/${cycles} ${fault.name.padEnd(26)} ${hit ? 'hit ' : 'miss'} ${seconds} s, ${after} ended`,
    );
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * The replicas that are left find out by themselves. One that was killed on its way back is started again meanwhile, by who
 * started it: the dead are those whose process is gone. @returns false: nobody is dead, or nobody is left.
 */
async function takenForDead(world: World): Promise<boolean> {
  const alive = (): Replica[] => world.replicas.filter((replica) => replica.isAlive);
  if (alive().length === world.replicas.length || alive().length === 0) return false;
  await eventually(async () => {
    const dead = await world.database.query(DEAD, [alive().map(({ pid }) => pid)]);
    if (dead.length > 0) throw new Error(`the dead are not buried: ${JSON.stringify(dead)}`);
  }, TAKEN_FOR_DEAD_LIMIT_MS);
  return true;
}

/** All mails are read and the cron ends; then nothing may be left open. @returns what is wrong. */
async function allEnd(world: World): Promise<string[]> {
  try {
    await eventually(async () => {
      const unread = (world.mails?.sent ?? 0) - (await world.mailed());
      if (unread > 0) throw new Error(`${unread} mails have no execution`);
    }, END_LIMIT_MS);
    await world.stopCron();
    await eventually(async () => {
      const open = await world.open();
      if (open > 0) throw new Error(`${open} executions have not ended`);
    }, END_LIMIT_MS);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

async function conclude(
  world: World,
  load: Load,
  { hits, buried }: Tally,
  leftOut: readonly string[],
  failures: readonly string[],
): Promise<RunResult> {
  const evidence = await gather(world, load.asked);
  const verdicts = judge(evidence);
  const broken = verdicts.flatMap(({ promise, broken }) =>
    broken.slice(0, SHOWN).map((detail) => `${promise}: ${detail}`),
  );
  const vacuous = verdicts.filter(({ checked }) => checked === 0).map(({ promise }) => `${promise}: nothing to check`);
  const idle = [...hits].filter(([, { hit }]) => hit === 0).map(([name]) => `${name} never took effect`);
  return {
    executions: evidence.executions.size,
    steps: evidence.steps.length,
    calls: evidence.calls.length,
    load,
    verdicts,
    hits,
    buried,
    leftOut,
    failures: [...failures, ...broken, ...load.wrong.slice(0, SHOWN), ...vacuous, ...idle],
  };
}
