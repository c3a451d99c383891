import { equal, match, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sharedStack } from '../stack/shared-stack.ts';
import { kafkaOf } from '../support/published.ts';
import { EXPENSES, openTryPlace, type TryPlace, template } from './try-place.ts';

interface CheckJson {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly name: string;
    readonly status: string;
    readonly says: string;
    mend: string | null;
  }[];
}

const SOURCES = [template('users'), template('projects'), template('time-entries'), ...EXPENSES];

describe('check', { concurrency: 3 }, () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace();
  });
  after(() => place.close());

  const found = (out: string, name: string) => {
    const told = JSON.parse(out) as CheckJson;
    return told.findings.filter((finding) => finding.name.startsWith(name));
  };

  test('without Kafka it says who the key is, its role, zone, plan and what each source answers', async () => {
    const file = place.configure('alone', SOURCES);
    const { code, out, err } = await place.run(['check', '--sink', 'stdout', '-c', file]);
    equal(code, 0, err);
    match(out, /^ok +credential acme: .* profile zone UTC$/m);
    match(out, /^ok +workspace .*owner.*features: TIME_TRACKING/m);
    match(out, /^ok +users of .*: sees 3$/m);
    match(out, /^ok +source expenses: answers/m);
    ok(!/^\w+ +kafka/m.test(out));
    ok(!out.includes(place.simulator.apiKey));
  });

  test("a member's key that sees fewer users is said aloud, and what cannot be read fails with the way to mend it", async () => {
    const file = place.configure('member', SOURCES);
    const { code, out } = await place.run(['check', '--sink', 'stdout', '--json', '-c', file], {
      KEY: place.simulator.memberKey,
    });
    equal(code, 2);
    match(found(out, 'workspace')[0]?.says ?? '', /, member,/);
    match(found(out, 'users of')[0]?.says ?? '', /fewer users than an admin's/);
    equal(found(out, 'source time-entries')[0]?.status, 'fail');
    match(found(out, 'source time-entries')[0]?.mend ?? '', /user: \[/);
    equal(found(out, 'source projects')[0]?.status, 'ok');
  });

  test('a bad key, no broker and no registry are one line each, with the way to mend them', async () => {
    const file = place.configure('nothing', SOURCES);
    const { code, out, err } = await place.run(['check', '-c', file], { KEY: 'no-such-key-77' });
    equal(code, 2);
    match(out, /^fail +credential acme: .*does not know the API key.* -> Check api_key/m);
    match(out, /^fail +kafka: .*127\.0\.0\.1:1.* -> Check kafka\.brokers/m);
    match(out, /^fail +registry: .* -> Check registry\.url/m);
    ok(!`${out}${err}`.includes('no-such-key-77'));
    equal((await place.run(['check', '-c', file])).code, 3);
  });

  test('the wrong plan is noticed', async () => {
    const free = await openTryPlace({ plan: 'free' });
    try {
      const file = free.configure('free', [template('projects')]);
      const { code, out } = await free.run(['check', '--sink', 'stdout', '-c', file]);
      equal(code, 0);
      match(out, /^warn +workspace .* -> Set plan: free/m);
    } finally {
      await free.close();
    }
  });

  test('on a real Kafka it changes nothing, before the first run and after it', { timeout: 180_000 }, async () => {
    const { brokers, registryUrl } = await sharedStack();
    const app = `check-${randomUUID().slice(0, 8)}`;
    const prefix = `topics: { prefix: ${app}, replication_factor: 1 }`;
    const settings = [`kafka: { brokers: ["${brokers.join('", "')}"] }`, `registry: { url: "${registryUrl}" }`, prefix];
    const file = place.configure(app, [template('projects')], settings);
    const first = await place.run(['check', '--json', '-c', file]);
    equal(first.code, 0, first.out);
    match(found(first.out, `topic ${app}.projects`)[0]?.says ?? '', /not there yet/);
    match(found(first.out, `subject ${app}.projects-value`)[0]?.says ?? '', /registers it/);
    match(found(first.out, 'transactions')[0]?.says ?? '', new RegExp(`${app}-check`));
    const admin = kafkaOf(brokers).admin();
    await admin.connect();
    try {
      ok(!(await admin.listTopics()).some((topic) => topic.includes(app)));
      equal((await place.run(['run', '--once', '-c', file])).code, 0);
      const ends = async () =>
        JSON.stringify([
          await admin.fetchTopicOffsets(`${app}.projects`),
          await admin.fetchTopicOffsets(`__clockify-kafka.${app}.state`),
        ]);
      const before = await ends();
      const second = await place.run(['check', '--json', '-c', file]);
      equal(second.code, 0, second.out);
      match(found(second.out, `topic ${app}.projects`)[0]?.says ?? '', /may be written to/);
      match(
        found(second.out, `topic __clockify-kafka.${app}.state`)[0]?.says ?? '',
        /24 partitions, may be written to/,
      );
      match(found(second.out, `subject ${app}.projects-value`)[0]?.says ?? '', /has this schema/);
      equal(await ends(), before);
    } finally {
      await admin.disconnect();
    }
  });
});
