/**
 * The process between an owner and the programs it needs: it starts them, and ends them with its owner.
 *
 * In: requests over the IPC channel. Out: replies, and an event for each program that ends.
 * When the channel closes, in order or because the owner was killed, it kills every program, removes the data folder
 * and ends. It knows its programs by process id only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program to run; its output is appended to a file. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
}

/** What the owner asks. */
export type SupervisorRequest =
  | { readonly id: number; readonly op: 'spawn'; readonly spec: ProgramSpec }
  | { readonly id: number; readonly op: 'signal'; readonly pid: number; readonly signal: NodeJS.Signals };

/** What the supervisor says: its data folder once, a reply a request, and the end of each program. */
export type SupervisorMessage =
  | { readonly kind: 'ready'; readonly dataDir: string }
  | { readonly kind: 'reply'; readonly id: number; readonly pid?: number; readonly error?: string }
  | { readonly kind: 'exit'; readonly pid: number; readonly code: number | null; readonly signal: string | null };

const programs = new Map<number, ChildProcess>();
const dataDir = mkdtempSync(join(tmpdir(), 'clockify-kafka-stack-'));
let ending = false;

/** Linux can also end a program with its parent: then not even the death of this process leaves one behind. */
const setpriv =
  process.platform === 'linux' &&
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'setpriv')));

function send(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message, () => undefined);
}

function start(spec: ProgramSpec): Promise<number> {
  const [command, args] = setpriv
    ? ['setpriv', ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args]]
    : [spec.command, [...spec.args]];
  const log = openSync(spec.logFile, 'a');
  const child = spawn(command, args, { cwd: spec.cwd ?? dataDir, stdio: ['ignore', log, log] });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      const pid = child.pid as number;
      programs.set(pid, child);
      child.once('exit', (code, signal) => {
        programs.delete(pid);
        send({ kind: 'exit', pid, code, signal });
      });
      if (ending) child.kill('SIGKILL');
      resolve(pid);
    });
  });
}

async function answer(request: SupervisorRequest): Promise<void> {
  const { id } = request;
  try {
    if (request.op === 'spawn') {
      send({ kind: 'reply', id, pid: await start(request.spec) });
      return;
    }
    programs.get(request.pid)?.kill(request.signal);
    send({ kind: 'reply', id });
  } catch (error) {
    send({ kind: 'reply', id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.all(
    [...programs.values()].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once('exit', () => resolve());
          child.kill('SIGKILL');
        }),
    ),
  );
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.exit(0);
}

process.on('message', (request: SupervisorRequest) => void answer(request));
process.on('disconnect', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
if (process.connected) send({ kind: 'ready', dataDir });
else void end();
