import { check } from './check.ts';
import type { Command } from './command.ts';
import { confirmDeletes, pause, poll, resume, resync } from './control.ts';
import { diff } from './diff.ts';
import { dlq } from './dlq.ts';
import { init } from './init.ts';
import { lint } from './lint.ts';
import { plan } from './plan.ts';
import { run } from './run.ts';
import { sample } from './sample.ts';
import { schema } from './schema.ts';
import { simulateCommand } from './simulate.ts';
import { state } from './state.ts';
import { status } from './status.ts';
import { suggest } from './suggest.ts';
import { tail } from './tail.ts';
import { topics } from './topics.ts';

/** Every command of the program, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  run,
  init,
  lint,
  check,
  plan,
  sample,
  suggest,
  diff,
  dlq,
  schema,
  topics,
  tail,
  state,
  status,
  pause,
  resume,
  poll,
  resync,
  confirmDeletes,
  simulateCommand,
];
