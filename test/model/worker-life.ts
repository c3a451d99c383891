import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import type { Membership } from '../../src/pipeline/ports.ts';
import { createRandom } from '../../src/simulator/random.ts';
import type { Practice } from '../../src/simulator/simulator.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { assemble } from '../../src/worker/wire.ts';
import { runWorker } from '../../src/worker/worker.ts';
import { createMemoryMembership } from '../support/memory-membership.ts';
import { createMemorySink, type MemorySink } from '../support/memory-sink.ts';
import { Carrier, type Mishap } from './carrier.ts';
import { configOf, REQUEST_TIMEOUT_MS, SHARDS } from './model-config.ts';
import { slowly } from './model-sink.ts';
import type { Setup } from './script.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One worker after the other on one durable memory: each lives until it is stopped, or dies between two instants. */
export interface Life {
  readonly sink: MemorySink;
  readonly registry: ReturnType<typeof createLocalRegistry>;
  readonly events: readonly WorkerEvent[];
  readonly mishaps: Mishap[];
  boot(): void;
  die(): void;
  /** In order: resolves when it has ended. */
  stop(): Promise<void>;
  rebalance(): void;
  /** The rebalance is over. */
  assign(): void;
  /** @throws what the worker has failed with */
  check(): void;
}

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, number) => number);
const HEARTBEAT_MS = 1_000;
/** Of one way of a request. */
const LATENCY_MS = 40;

export function createLife(practice: Practice, clock: VirtualClock, setup: Setup, seed: number): Life {
  const random = createRandom(seed);
  const sink = createMemorySink();
  const registry = createLocalRegistry();
  const events: WorkerEvent[] = [];
  const mishaps: Mishap[] = [];
  const config = configOf(setup);
  let current:
    | { membership: ReturnType<typeof createMemoryMembership>; end(): Promise<void>; kill(): void }
    | undefined;
  let failure: unknown;

  const onBroken = (error: unknown): void => {
    failure ??= error;
  };

  const boot = (): void => {
    clock.restartProcess();
    const { answerTo } = practice;
    const tooLateMs = 2 * REQUEST_TIMEOUT_MS;
    const carrier = new Carrier({ clock, random, answerTo, latencyMs: LATENCY_MS, tooLateMs, mishaps, onBroken });
    const membership = createMemoryMembership(ALL_SHARDS);
    const slow = slowly(sink, random);
    const target = { sink: slow, reader: slow, membership: beating(membership), registry, close: () => slow.close() };
    let isDead = false;
    const report = (event: WorkerEvent) => void (isDead || events.push(event));
    const ambient = { now: Date.now, monotonic: () => performance.now(), random: () => random.next() };
    const surroundings = { ambient, clock: { now: () => performance.now(), wall: Date.now }, dispatcher: carrier };
    const leaving = new AbortController();
    const ended = runWorker(assemble({ config, once: false, report }, target, surroundings), leaving.signal).then(
      () => undefined,
      (error: unknown) => {
        failure ??= error;
      },
    );
    const end = () => {
      leaving.abort();
      return ended;
    };
    const kill = () => {
      isDead = true;
      carrier.die();
      clock.restartProcess();
    };
    current = { membership, end, kill };
  };

  return {
    sink,
    registry,
    events,
    mishaps,
    boot,
    die() {
      current?.kill();
      current = undefined;
    },
    async stop() {
      const ending = current;
      current = undefined;
      await ending?.end();
    },
    rebalance: () => current?.membership.rebalance(),
    assign: () => current?.membership.assign(ALL_SHARDS),
    check() {
      if (failure !== undefined) throw failure;
    },
  };
}

/** A sign of membership comes a heartbeat later, as long as the process lives. */
function beating(membership: Membership): Membership {
  return {
    run: (onShards, signal) => membership.run(onShards, signal),
    mayCommit: () => membership.mayCommit(),
    nextHeartbeat: async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS));
      signal.throwIfAborted();
    },
  };
}
