import type { CampaignResult } from './campaign.ts';

/** A campaign in lines for people, the verdict last. */
export function linesOf(result: CampaignResult): readonly string[] {
  const { verdict, faults, ops, happened, tookMs, hadOtherReader, deaths, exitCodes } = result;
  const { lost, duplicated, reordered, falseDeletes, invented, state, deadLetters, otherReader } = verdict;
  const struck = [...faults].sort((one, other) => other[1] - one[1]).map(([name, count]) => `${name} ${count}`);
  const counts = Object.entries(ops).map(([op, count]) => `${op} ${count}`);
  return [
    `${Math.round(tookMs / 1_000)} s; ${happened} things happened in Clockify`,
    `faults: ${struck.join(', ')}`,
    `workers that ended by themselves: ${deaths.length}${deaths.length === 0 ? '' : ` (${deaths.join(', ')})`}; at the end: ${exitCodes.join(', ')}`,
    `records: ${verdict.records} (${counts.join(', ')}); dead letters ${deadLetters.length}`,
    hadOtherReader ? 'read with read_committed by kafkajs and by kcat' : 'kcat is not installed: read by kafkajs alone',
    ...detailsOf(result),
    `state differs ${state.length}, invented ${invented.length}, other reader differs ${otherReader.length}`,
    `lost ${lost.length}, duplicated ${duplicated.length}, reordered ${reordered.length}, false deletes ${falseDeletes.length}`,
  ];
}

const SHOWN = 5;

function detailsOf({ verdict }: CampaignResult): readonly string[] {
  const { records: _, ...laws } = verdict;
  return Object.entries(laws).flatMap(([law, found]) =>
    (found as readonly string[]).slice(0, SHOWN).map((what) => `  ${law}: ${what}`),
  );
}
