import type { ReadSettings } from './process-settings.ts';
import type { Report } from './report.ts';
import { checkSecure } from './secure-together.ts';
import type { SettingPath } from './settings.ts';
import { NOWHERE } from './tree.ts';

/** What settings that are right one by one may get wrong together. */
export function checkTogether(settings: ReadSettings, report: Report): void {
  const { get, setAt } = settings;
  const problem = (path: SettingPath, message: string, hint: string) =>
    report.problem(setAt(path) ?? NOWHERE, path, message, hint);
  const shards = get('kafka.shards');
  const fault = faultOfShards(get('kafka.static_shards') ?? '', shards);
  if (fault !== undefined) {
    problem('kafka.static_shards', fault, `Shards are 0 to ${shards - 1}; write ranges upwards, such as 0-7,12.`);
  }
  if (get('topics.replication_factor') === 0) {
    problem('topics.replication_factor', 'cannot be 0', '1 or more, or -1 for what the broker says.');
  }
  if ((get('registry.username') === null) !== (get('registry.password') === null)) {
    const given = get('registry.username') === null ? 'registry.password' : 'registry.username';
    problem(given, 'stands alone', 'Give both registry.username and registry.password, or neither.');
  }
  checkSecure(settings, report);
  if (get('http.connect_timeout') > get('http.request_timeout')) {
    problem('http.connect_timeout', 'is longer than http.request_timeout', 'The request contains the connection.');
  }
}

function faultOfShards(text: string, shards: number): string | undefined {
  for (const range of text === '' ? [] : text.split(',')) {
    const [from = 0, to = from] = range.split('-').map(Number);
    if (from > to || to >= shards) return `${range} is no range of the ${shards} shards`;
  }
  return undefined;
}
