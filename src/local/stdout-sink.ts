import {
  type Describe,
  type LocalRecord,
  type LocalSink,
  type LocalSinkOptions,
  type Output,
  openLocalSink,
} from './local-sink.ts';

export interface StdoutSinkOptions extends LocalSinkOptions {
  readonly describe: Describe;
  /** Prints one line, without its end. What it returns is awaited, so a slow reader slows polling (P8). */
  readonly write: (line: string) => void | Promise<void>;
}

/**
 * One JSON line a change, printed before the state is written: what was printed cannot be taken back, and a change that
 * was never printed would be lost. So nothing is lost (P1), and a crash between the two repeats one transaction's lines.
 *
 * Errors are those of `openLocalSink`.
 */
export async function openStdoutSink({ describe, write, ...options }: StdoutSinkOptions): Promise<LocalSink> {
  return openLocalSink(options, printer(describe, write));
}

function printer(describe: Describe, write: StdoutSinkOptions['write']): Output {
  const nothing: ReadonlyMap<string, number> = new Map();
  return {
    async open() {},
    async append(records: readonly LocalRecord[]) {
      for (const line of records.map((record) => JSON.stringify(describe(record)))) await write(line);
      return nothing;
    },
    async rollback() {},
    async close() {},
  };
}
