/** `npm run chaos -- --kills 50 --workers 3 --seed 7`: a campaign, its figures, and exit code 1 where a law is broken. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type CampaignResult, forget, runCampaign } from './campaign.ts';
import { isSound } from './checker.ts';
import { linesOf } from './tell.ts';

const USAGE = 'Usage: npm run chaos -- [--kills 50] [--workers 3] [--seed 7] [--fixed]';

const { values } = readOptions();
const kills = whole('kills', values.kills, 1, 10_000);
const workers = whole('workers', values.workers, 1, 12);
const seed = whole('seed', values.seed ?? String(randomInt(2 ** 31)), 0, 2 ** 31);
const fixed = values.fixed === true;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`seed ${seed}: ${kills} kills, ${workers} workers${fixed ? ' with fixed shards' : ' in a group'}`);
const result: CampaignResult = await runCampaign({ kills, workers, seed, fixed, say });
for (const line of linesOf(result)) say(line);
if (isSound(result.verdict)) forget(result);
else
  say(`the logs are in ${result.folder}; again: npm run chaos -- --kills ${kills} --workers ${workers} --seed ${seed}`);
process.exit(isSound(result.verdict) ? 0 : 1);

function readOptions() {
  try {
    return parseArgs({
      options: {
        kills: { type: 'string', default: '50' },
        workers: { type: 'string', default: '3' },
        seed: { type: 'string' },
        fixed: { type: 'boolean' },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most
    ? value
    : refuse(`--${name} takes a number from ${least} to ${most}, not "${text}"`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}
