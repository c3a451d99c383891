/** The stack of a test file: the runner's, or one for this process. */
import { type Stack, startStack } from './stack.ts';

let stack: Promise<Stack> | undefined;

/** One stack a process, the same at each call. It needs no stop: one that belongs to this process ends with it. */
export async function sharedStack(): Promise<Stack> {
  stack ??= startStack();
  return await stack;
}
