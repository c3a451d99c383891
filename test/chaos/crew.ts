/** The workers of a campaign: processes that are started again whatever ends them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker, type WorkerEnvironment, type WorkerProcess } from '../support/worker-process.ts';

export interface Crew {
  readonly size: number;
  /** SIGKILL, and another one in its place. */
  kill(index: number): Promise<void>;
  /** SIGTERM; resolves with the exit code, then another one takes its place. */
  stop(index: number): Promise<number>;
  /** Frozen for so long, as a machine that swaps: a zombie when it comes back. */
  freeze(index: number, ms: number): Promise<void>;
  /** Another one in its place, whose wall clock jumps ahead and back again. */
  jump(index: number): Promise<void>;
  /** Times that a worker has ended by itself, with its code. */
  readonly deaths: readonly number[];
  /** Ends all in order; resolves with their exit codes. */
  end(): Promise<readonly number[]>;
  abandon(): Promise<void>;
}

const CLOCK_JUMP = new URL('./clock-jump.mjs', import.meta.url).href;
const JUMP = { CHAOS_JUMP_MS: '300000', CHAOS_JUMP_AT: '2000,6000', NODE_OPTIONS: `--import ${CLOCK_JUMP}` };
const AGAIN_MS = 300;

/** @param argsOf flags of the n-th worker */
export function startCrew(size: number, place: WorkerEnvironment, argsOf: (index: number) => readonly string[]): Crew {
  const deaths: number[] = [];
  let isOver = false;
  const open = (index: number, more: Readonly<Record<string, string>> = {}): WorkerProcess => {
    const name = { CLOCKIFY_KAFKA_WORKER_NAME: `w${index}` };
    const logFile = `${place.logFile}.${index}`;
    const worker = startWorker({ ...place, logFile, args: argsOf(index), env: { ...place.env, ...name, ...more } });
    void worker.exited.then(async (code) => {
      if (isOver || workers[index] !== worker) return;
      deaths.push(code);
      await sleep(AGAIN_MS);
      if (!isOver && workers[index] === worker) workers[index] = open(index);
    });
    return worker;
  };
  const workers: WorkerProcess[] = [];
  for (let index = 0; index < size; index++) workers.push(open(index));
  const take = (index: number): WorkerProcess => workers[index] as WorkerProcess;

  /** Whoever is taken away is missed by nobody until there is another one. */
  const replace = async (index: number, signal: 'SIGTERM' | 'SIGKILL', more?: Readonly<Record<string, string>>) => {
    const gone = take(index);
    workers[index] = { ...gone };
    const code = await gone.end(signal);
    workers[index] = open(index, more);
    return code;
  };
  return {
    size,
    deaths,
    kill: async (index) => void (await replace(index, 'SIGKILL')),
    stop: (index) => replace(index, 'SIGTERM'),
    async freeze(index, ms) {
      const { child } = take(index);
      child.kill('SIGSTOP');
      await sleep(ms);
      child.kill('SIGCONT');
    },
    jump: async (index) => void (await replace(index, 'SIGKILL', JUMP)),
    async end() {
      isOver = true;
      return Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    },
    async abandon() {
      isOver = true;
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    },
  };
}
