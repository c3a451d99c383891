/** The owner's side of the supervisor: programs that end with this process, and a data folder that goes with them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ProgramSpec, SupervisorMessage, SupervisorRequest } from './supervisor.ts';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program that was started. */
export interface Program {
  readonly pid: number;
  /** Never rejects, and does not keep this process from ending. */
  readonly exited: Promise<Exit>;
  /** The same for somebody who has nothing else to do: keeps this process going. */
  ended(): Promise<Exit>;
  signal(signal: NodeJS.Signals): Promise<void>;
}

type Reply = Extract<SupervisorMessage, { kind: 'reply' }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Set by test runners for their own children; the supervisor is none of them. */
const runnerVariables = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_TEST_CONTEXT', 'NODE_CHANNEL_FD'];

/** Programs under one supervisor. Their process ids are known here too, should the supervisor itself be killed. */
export class ProcessGroup {
  readonly dataDir: string;
  readonly #supervisor: ChildProcess;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  readonly #exits = new Map<number, (exit: Exit) => void>();
  readonly #endedEarly = new Map<number, Exit>();
  #nextId = 1;
  #holds = 0;

  private constructor(supervisor: ChildProcess, dataDir: string) {
    this.#supervisor = supervisor;
    this.dataDir = dataDir;
    supervisor.on('message', (message) => this.#receive(message as SupervisorMessage));
    supervisor.once('exit', () => this.#supervisorEnded());
    this.#letOwnerEnd();
  }

  static async start(): Promise<ProcessGroup> {
    const env = { ...process.env };
    for (const name of runnerVariables) delete env[name];
    const supervisor = fork(fileURLToPath(new URL('./supervisor.ts', import.meta.url)), [], {
      detached: true,
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const failed = once(supervisor, 'exit').then(() => {
      throw new Error('the stack supervisor ended before it was ready');
    });
    const [ready] = (await Promise.race([once(supervisor, 'message'), failed])) as [SupervisorMessage];
    failed.catch(() => undefined);
    if (ready.kind !== 'ready') throw new Error('the stack supervisor did not say that it is ready');
    return new ProcessGroup(supervisor, ready.dataDir);
  }

  /** Starts a program; rejects when it cannot be started at all. */
  async spawn(spec: ProgramSpec): Promise<Program> {
    const { pid } = await this.#request({ op: 'spawn', spec });
    if (pid === undefined) throw new Error(`${spec.command} has no process id`);
    const early = this.#endedEarly.get(pid);
    const exited = early
      ? Promise.resolve(early)
      : new Promise<Exit>((resolve) => {
          this.#exits.set(pid, resolve);
        });
    this.#endedEarly.delete(pid);
    return {
      pid,
      exited,
      ended: () => this.#hold(exited),
      signal: async (signal) => {
        await this.#request({ op: 'signal', pid, signal });
      },
    };
  }

  /** Kills every program and removes the data folder; returns when both are done. May be called twice. */
  async end(): Promise<void> {
    if (this.#supervisor.exitCode !== null || this.#supervisor.signalCode !== null) return;
    const exited = once(this.#supervisor, 'exit');
    if (this.#supervisor.connected) this.#supervisor.disconnect();
    await this.#hold(exited);
  }

  async #request(request: WithoutId<SupervisorRequest>): Promise<Reply> {
    if (!this.#supervisor.connected) throw new Error('the stack has ended');
    const id = this.#nextId++;
    const reply = await this.#hold(
      new Promise<Reply>((resolve) => {
        this.#replies.set(id, resolve);
        this.#supervisor.send({ id, ...request }, (error) => {
          if (error) resolve({ kind: 'reply', id, error: error.message });
        });
      }),
    );
    this.#replies.delete(id);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  #receive(message: SupervisorMessage): void {
    if (message.kind === 'reply') this.#replies.get(message.id)?.(message);
    if (message.kind !== 'exit') return;
    const exit: Exit = { code: message.code, signal: message.signal };
    const waiting = this.#exits.get(message.pid);
    if (waiting) waiting(exit);
    else this.#endedEarly.set(message.pid, exit);
    this.#exits.delete(message.pid);
  }

  #supervisorEnded(): void {
    for (const [id, resolve] of this.#replies) resolve({ kind: 'reply', id, error: 'the stack has ended' });
    for (const [pid, resolve] of this.#exits) {
      killQuietly(pid);
      resolve({ code: null, signal: 'SIGKILL' });
    }
    this.#exits.clear();
    void rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }

  /** An idle stack must not keep its owner from ending; one that is waited for must. */
  async #hold<T>(awaited: Promise<T>): Promise<T> {
    this.#holds += 1;
    this.#supervisor.ref();
    this.#supervisor.channel?.ref();
    try {
      return await awaited;
    } finally {
      this.#holds -= 1;
      if (this.#holds === 0) this.#letOwnerEnd();
    }
  }

  #letOwnerEnd(): void {
    this.#supervisor.unref();
    this.#supervisor.channel?.unref();
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
