import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import { createMemoryMembership } from '../support/memory-membership.ts';
import { testMembership } from './membership.ts';

testMembership('memory', async () => {
  const membership = createMemoryMembership([0, 1]);
  return { membership, beat: membership.heartbeat };
});

testMembership('static', async () => ({ membership: createStaticMembership(new Set([0, 1]), 50) }));
