import { testTransactionalSink } from '../conformance/transactional-sink.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { clientFor, committedOf, newPlace } from './kafka-place.ts';

testTransactionalSink(
  'Kafka',
  async () => {
    const { brokers } = await sharedStack();
    const ends: (() => Promise<void>)[] = [];
    const place = await newPlace({ after: (hook) => ends.push(hook) }, brokers);
    const sink = place.sink();
    const rival = place.sink(clientFor(brokers));
    return {
      sink,
      reader: place.reader(),
      rival,
      shards: [0, 1],
      topics: place.topics,
      visible: (topic) => committedOf(place.client, topic),
      async close() {
        await Promise.all(ends.map((end) => end()));
      },
    };
  },
  { totalOrder: false },
);
