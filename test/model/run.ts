import { OVERLAP_MS } from '../../src/clockify/rhythms/changes.ts';
import type { FaultAction } from '../../src/simulator/faults.ts';
import { createPractice, type Practice } from '../../src/simulator/simulator.ts';
import type { Mishap } from './carrier.ts';
import { difference, judge } from './laws.ts';
import { happen } from './mutations.ts';
import { createReading, type Reading } from './published-log.ts';
import type { FaultKind, MutationKind, Picks, Script, Step } from './script.ts';
import { unitMs } from './script.ts';
import { installVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { createLife, type Life } from './worker-life.ts';

const START_MS = Date.UTC(2026, 4, 13, 9, 30);

export interface RunReport {
  readonly requests: number;
  readonly published: number;
  readonly timers: number;
  readonly virtualMs: number;
  /** A digest of everything that was published, in order. */
  readonly log: string;
}

interface Scene {
  readonly script: Script;
  readonly clock: VirtualClock;
  readonly practice: Practice;
  readonly life: Life;
  readonly readings: readonly Reading[];
}

/**
 * The model-based test. In: a script. A whole worker, wired as the real one, polls a practice Clockify in this process
 * on a virtual clock, while the script changes the world and lets things fail; then all is quiet, and everything that was
 * published is held against the history of the world.
 */

/** Plays a script to its end and on until all is quiet. Throws where a law is broken. */
export async function runScript(script: Script): Promise<RunReport> {
  const clock = installVirtualClock(START_MS);
  try {
    const scene = openScene(script, clock);
    scene.life.boot();
    for (const step of script.steps) {
      await take(scene, step);
      await clock.pass(Math.round(step.thenUnits * unitMs(script.setup)));
      scene.life.check();
    }
    await becomeQuiet(scene);
    scene.life.die();
    const { readings, practice } = scene;
    judge({ practice, readings, events: scene.life.events, setup: script.setup, bornMs: START_MS });
    return {
      requests: practice.requests.total,
      published: readings.reduce((sum, { log }) => sum + log.length, 0),
      timers: clock.fired,
      virtualMs: clock.now() - START_MS,
      log: readings.flatMap(({ log }) => log.map(({ op, key, headers }) => `${op} ${key} ${headers.ce_id}`)).join('\n'),
    };
  } finally {
    clock.uninstall();
  }
}

function openScene(script: Script, clock: VirtualClock): Scene {
  const { place, setup, seed } = script;
  const practice = createPractice({
    seed,
    clock: clock.now,
    workspaces: place.workspaces,
    users: place.users,
    days: place.days,
    projectsPerWorkspace: 2,
    accountTimeZone: place.timeZone,
    entityChanges: { firstPage: place.firstPage, deletionDelayMs: place.deletionDelayMs },
    requestLogLimit: 10_000_000,
  });
  const life = createLife(practice, clock, setup, seed);
  const readings = [...setup.sources, 'time-entries'].map((source) => createReading(source, life));
  return { script, clock, practice, life, readings };
}

async function take(scene: Scene, step: Step): Promise<void> {
  const { clock, life, script } = scene;
  const unit = unitMs(script.setup);
  switch (step.does) {
    case 'mutate':
      return mutate(scene, step.kind, step.picks);
    case 'shift':
      return shift(scene, step);
    case 'fault':
      return spoil(scene, step);
    case 'commit':
      return life.sink.failNext(step.fails);
    case 'die':
      await clock.pass(step.after);
      life.die();
      await clock.pass(LEAST_DOWN_MS + Math.round(step.downUnits * unit));
      return life.boot();
    case 'stop': {
      let isOver = false;
      void life.stop().then(() => {
        isOver = true;
      });
      for (let waited = 0; !isOver && waited < LONGEST_STOP_MS; waited += LEAST_DOWN_MS)
        await clock.pass(LEAST_DOWN_MS);
      if (!isOver) throw new Error(`the worker has not stopped within ${LONGEST_STOP_MS} ms`);
      await clock.pass(LEAST_DOWN_MS + Math.round(step.downUnits * unit));
      return life.boot();
    }
    case 'rebalance':
      life.rebalance();
      await clock.pass(Math.round(step.forUnits * unit));
      return life.assign();
    case 'wait':
      return;
  }
}

/** No process is there again sooner. */
const LEAST_DOWN_MS = 250;
const LONGEST_STOP_MS = 120_000;

function mutate({ practice: { world }, clock }: Scene, kind: MutationKind, picks: Picks['picks']): void {
  const [first = ''] = world.store.workspaceIds();
  const self = world.store.rows('users', first)[0]?.id ?? '';
  happen(kind, { world, nowMs: clock.now(), self, picks });
}

function shift(scene: Scene, { kind, picks, list }: Extract<Step, { does: 'shift' }>): void {
  const path = new RegExp(list);
  const end = scene.practice.faults.onPageServed((request) => {
    if (!path.test(`${request.path}?`)) return;
    end();
    mutate(scene, kind, picks);
  });
}

const ACTIONS: Readonly<Record<Exclude<FaultKind, Mishap['kind']>, FaultAction>> = {
  '500': { kind: 'status', status: 500 },
  '502 html': { kind: 'html', status: 502 },
  '429': { kind: 'status', status: 429, body: 'empty' },
  '429 retry-after': { kind: 'status', status: 429, retryAfterSeconds: 7 },
  '403': { kind: 'status', status: 403 },
  cut: { kind: 'cut' },
  empty: { kind: 'emptyList' },
  twice: { kind: 'duplicateRows', count: 1 },
  'no last-page': { kind: 'noLastPage' },
  'html 200': { kind: 'html', status: 200 },
};

/** A credential that is refused the first of all lists, three times in a row, is a wrong one, and its sources stop. */
const IN_A_WORKSPACE = '/workspaces/';
const isFirst = (path: string) => path === '.' || path === '/workspaces$';

function spoil({ practice, life }: Scene, { fault, path, skip, times }: Extract<Step, { does: 'fault' }>): void {
  if (fault === 'slow' || fault === 'late' || fault === 'unreachable')
    life.mishaps.push({ kind: fault, path: new RegExp(path), times });
  else {
    const where = fault === '403' && isFirst(path) ? IN_A_WORKSPACE : path;
    practice.faults.add({ match: { path: where }, skip, times, action: ACTIONS[fault] });
  }
}

/**
 * No more faults and no more changes: from now on it takes an interval of whoever looks at everything, and what the
 * budget needs for that, until what is published is the truth and stays it.
 */
async function becomeQuiet(scene: Scene): Promise<void> {
  const { practice, life, clock, readings, script } = scene;
  practice.faults.clear();
  life.mishaps.length = 0;
  life.assign();
  const boundMs = quietMs(scene);
  const stepMs = Math.max(1, Math.round(unitMs(script.setup)));
  const untilMs = clock.now() + boundMs;
  const differs = () => {
    for (const reading of readings) reading.update();
    return readings.map((reading) => difference(practice, reading, script.setup)).find((each) => each !== undefined);
  };
  let equal = 0;
  while (equal <= LOOKS_ALIKE) {
    const found = differs();
    equal = found === undefined ? equal + 1 : 0;
    life.check();
    if (found !== undefined && clock.now() >= untilMs) {
      throw new Error(`after a quiet time of ${boundMs} ms: ${found} (P1)`);
    }
    await clock.pass(stepMs);
  }
}

/** An answer of before the quiet may be committed in it: the truth counts when it has stayed for so many looks. */
const LOOKS_ALIKE = 3;

/** A slice that has failed pauses up to so long, after it has tried a page for about two minutes. */
const LONGEST_PAUSE_MS = 5 * 60_000 + 2 * 60_000;

function quietMs({ script: { setup }, practice: { world } }: Scene): number {
  const unit = unitMs(setup);
  const { rate } = setup;
  const fastMs = Math.max(setup.everyUnits, setup.listUnits, setup.runningUnits ?? 0, setup.changesUnits ?? 0) * unit;
  // Who was removed is gone after two lists; the changes of an entry, after the deletes that are shown late.
  const looksMs = setup.isCalm ? 3 * fastMs + OVERLAP_MS : 3 * fastMs + 2 * setup.reconcileUnits * unit;
  const { store } = world;
  const users = store.workspaceIds().flatMap((id) => store.rows('users', id)).length;
  const entries = store.workspaceIds().flatMap((id) => store.rows('timeEntries', id)).length;
  // Each entry may be alone in its window, with a page that says where that begins, and read by id besides.
  const passRequests = 10 + 4 * users + 4 * entries;
  // Each level has at least one turn in ten, and after a 429 half of the rate at first.
  const budgetMs = 2 * 10 * passRequests * (rate.windowMs / rate.requests) + 4 * Math.max(rate.windowMs, 60_000);
  return looksMs + budgetMs + LONGEST_PAUSE_MS;
}
