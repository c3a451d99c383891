/** For each alert a history that makes it fire, and such that come near and must not. `promtool`'s notation: a value a minute. */
export interface AlertCase {
  readonly alert: string;
  readonly severity: 'critical' | 'warning' | 'info';
  /** Minutes from the beginning. */
  readonly at: number;
  readonly fires: Histories;
  readonly silent: readonly Histories[];
}

/** Series → its values. */
type Histories = Readonly<Record<string, string>>;

const of = (name: string, labels = '') => `clockify_${name}{job="j",instance="i"${labels === '' ? '' : `,${labels}`}}`;
const SOURCE = 'source="s"';
const SLICES = 'source="s",rhythm="list"';
const interval = { [of('poll_interval_seconds', SLICES)]: '60x500' };
const success = (values: string) => ({ ...interval, [of('last_success_timestamp_seconds', SLICES)]: values });
const FRESH = success('0+60x500');
const DEAD = success('0x500');
const PAUSED = { ...DEAD, [of('source_paused', SOURCE)]: '1x500' };
const LOADING = { ...DEAD, [of('backfill_progress_ratio', SOURCE)]: '0.5x500' };
const requests = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values).map(([code, history]) => [
      of('api_requests_total', `endpoint="e",method="GET",code="${code}"`),
      history,
    ]),
  );
const one = (name: string, labels: string, history: string): Histories => ({ [of(name, labels)]: history });
const transactions = (result: string, history: string) =>
  one('kafka_transactions_total', `result="${result}"`, history);
const shards = (first: number, second: number): Histories => ({
  [of('shards')]: '24x60',
  'clockify_shards{job="j",instance="k"}': '24x60',
  [of('shards_assigned')]: `${first}x60`,
  'clockify_shards_assigned{job="j",instance="k"}': `${second}x60`,
});
const lag = (seconds: string): Histories => ({
  'nodejs_eventloop_lag_p99_seconds{job="j",instance="i"}': `${seconds}x60`,
});
const OURS = one('build_info', 'version="1"', '1x60');

export const ALERT_CASES: readonly AlertCase[] = [
  { alert: 'ClockifyDown', severity: 'critical', at: 10, fires: {}, silent: [OURS] },
  {
    alert: 'ClockifySourceStale',
    severity: 'warning',
    at: 10,
    fires: DEAD,
    silent: [FRESH, PAUSED, LOADING, success('0x3 300x60')],
  },
  {
    alert: 'ClockifySourceStale',
    severity: 'critical',
    at: 14,
    fires: DEAD,
    silent: [FRESH, PAUSED, LOADING, success('0x3 300x60')],
  },
  { alert: 'ClockifyFreshnessBurnFast', severity: 'critical', at: 30, fires: DEAD, silent: [FRESH, PAUSED] },
  // Stale once, for a few minutes of a day: that is within the objective.
  {
    alert: 'ClockifyFreshnessBurnFast',
    severity: 'critical',
    at: 400,
    fires: success('0+60x340 20400x200'),
    silent: [success('0+60x380 22800x7 23280+60x200')],
  },
  { alert: 'ClockifyFreshnessBurnSlow', severity: 'warning', at: 200, fires: DEAD, silent: [FRESH, PAUSED] },
  {
    alert: 'ClockifyApiErrorBudgetBurn',
    severity: 'critical',
    at: 90,
    fires: requests({ '2xx': '0+8x90', '5xx': '0+2x90' }),
    silent: [requests({ '2xx': '0+99x90', '5xx': '0+1x90' }), requests({ '2xx': '0+8x90', '4xx': '0+2x90' })],
  },
  {
    alert: 'ClockifyApiErrorBudgetBurn',
    severity: 'warning',
    at: 200,
    fires: requests({ '2xx': '0+98x200', error: '0+2x200' }),
    silent: [requests({ '2xx': '0+999x200', '429': '0+1x200' })],
  },
  {
    alert: 'ClockifyAuthFailing',
    severity: 'critical',
    at: 20,
    fires: requests({ '401': '0+1x30' }),
    silent: [
      requests({ '401': '3x30' }),
      requests({ '404': '0+1x30' }),
      one('api_requests_total', 'endpoint="/workspaces/{id}/entities/created",method="GET",code="403"', '0+1x30'),
    ],
  },
  {
    alert: 'ClockifyRateLimited',
    severity: 'warning',
    at: 30,
    fires: one('api_throttle_seconds_total', 'host="api"', '0+60x60'),
    silent: [one('api_throttle_seconds_total', 'host="api"', '0+12x60')],
  },
  {
    alert: 'ClockifyDlqNonEmpty',
    severity: 'warning',
    at: 10,
    fires: one('dlq_records_total', `${SOURCE},stage="encode"`, '0x5 1x10'),
    silent: [one('dlq_records_total', `${SOURCE},stage="encode"`, '7x20')],
  },
  {
    alert: 'ClockifySchemaDrift',
    severity: 'info',
    at: 30,
    fires: one('shape_drift_total', `${SOURCE},kind="missing"`, '0x10 4x30'),
    silent: [one('shape_drift_total', `${SOURCE},kind="new"`, '7x60')],
  },
  {
    alert: 'ClockifyPublishFailing',
    severity: 'critical',
    at: 20,
    fires: transactions('not_committed', '0+1x30'),
    silent: [transactions('committed', '0+9x30'), transactions('fenced', '0+1x30'), transactions('refused', '4x30')],
  },
  {
    alert: 'ClockifyKafkaDisconnected',
    severity: 'critical',
    at: 10,
    fires: one('kafka_connected', '', '0x20'),
    silent: [one('kafka_connected', '', '1x20'), one('kafka_connected', '', '0x2 1x20')],
  },
  {
    alert: 'ClockifyShardsUnowned',
    severity: 'critical',
    at: 10,
    fires: shards(12, 11),
    silent: [shards(12, 12), shards(24, 0)],
  },
  { alert: 'ClockifyShardsUnowned', severity: 'critical', at: 10, fires: shards(12, 13), silent: [shards(0, 24)] },
  {
    alert: 'ClockifyNotReady',
    severity: 'critical',
    at: 20,
    fires: one('ready', '', '0x30'),
    silent: [one('ready', '', '1x30'), one('ready', '', '0x9 1x30')],
  },
  {
    alert: 'ClockifySourceStopped',
    severity: 'critical',
    at: 15,
    fires: one('source_running', SOURCE, '0x30'),
    silent: [one('source_running', SOURCE, '1x30'), one('source_running', SOURCE, '0x6 1x30')],
  },
  {
    alert: 'ClockifyDeletesGuarded',
    severity: 'warning',
    at: 10,
    fires: one('guarded_deletes', SOURCE, '3x20'),
    silent: [one('guarded_deletes', SOURCE, '0x20')],
  },
  {
    alert: 'ClockifyBackfillStalled',
    severity: 'warning',
    at: 90,
    fires: one('backfill_progress_ratio', SOURCE, '0.5x120'),
    silent: [
      one('backfill_progress_ratio', SOURCE, '0.1+0.005x120'),
      one('backfill_progress_ratio', SOURCE, '1x120'),
      { ...one('backfill_progress_ratio', SOURCE, '0.5x120'), ...one('source_paused', SOURCE, '1x120') },
    ],
  },
  {
    alert: 'ClockifyEventLoopLag',
    severity: 'warning',
    at: 20,
    fires: { ...lag('0.6'), ...OURS },
    silent: [lag('0.6'), { ...lag('0.1'), ...OURS }],
  },
];
