import type { WorkerError } from '../core/errors.ts';
import type { Slice } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';

/** What happens in a worker, as data. Logs, metrics and status are made of these and of nothing else. */
export type WorkerEvent =
  | SliceEvent
  | { readonly type: 'retry'; readonly slice: Slice; readonly error: WorkerError; readonly waitMs: number }
  | { readonly type: 'slice-due'; readonly slice: Slice; readonly atMs: number | undefined }
  | { readonly type: 'slice-begun'; readonly slice: Slice }
  | { readonly type: 'slice-left'; readonly slice: Slice }
  | { readonly type: 'shard-opening'; readonly shard: number }
  | {
      readonly type: 'shard-opened';
      readonly shard: number;
      readonly records: number;
      readonly bytes: number;
      readonly tookMs: number;
    }
  | { readonly type: 'shard-failed'; readonly shard: number; readonly error: WorkerError; readonly waitMs: number }
  | { readonly type: 'shard-stopped'; readonly shard: number; readonly error: WorkerError }
  | { readonly type: 'shard-closed'; readonly shard: number }
  | { readonly type: 'shards-assigned'; readonly shards: readonly number[] }
  | { readonly type: 'source-started'; readonly source: string; readonly topic: string }
  | { readonly type: 'source-waiting'; readonly source: string; readonly error: WorkerError; readonly waitMs: number }
  | { readonly type: 'source-stopped'; readonly source: string; readonly error: WorkerError }
  | { readonly type: 'source-reset'; readonly source: string; readonly shard: number; readonly dropped: number }
  | { readonly type: 'resynced'; readonly source: string; readonly shard: number; readonly published: number }
  | {
      readonly type: 'workspace-refused';
      readonly credential: string;
      readonly workspace: string;
      readonly other: string;
    }
  | {
      readonly type: 'rhythm-switched';
      readonly source: string;
      readonly workspace: string;
      readonly rhythm: string;
      readonly turn: { readonly on: true } | { readonly on: false; readonly code: string; readonly message: string };
    }
  | { readonly type: 'discovered'; readonly source: string; readonly parameter: string; readonly count: number }
  | {
      readonly type: 'discovery-failed';
      readonly source: string;
      readonly parameter: string;
      readonly error: WorkerError;
    };

export type Report = (event: WorkerEvent) => void;
