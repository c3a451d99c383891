/** One broker that shows its clients two faces: to them it is two, and the test says which of them leads what. */
import { METADATA, type Node, withNodes } from '../support/kafka-wire.ts';
import { type Interception, startInterceptor } from './kafka-interceptor.ts';

type Face = 1 | 2;

export interface TwoFaces {
  /** Where a client finds the first; it is told of both. */
  readonly address: string;
  /** Who leads the partitions of a topic, from the next time that a client asks. */
  lead(leaderOf: (topic: string) => Face): void;
  /** Told each request to either of them; as `Interception.request`. */
  onRequest(told: (at: Face, ...request: Parameters<NonNullable<Interception['request']>>) => Answer): void;
  close(): Promise<void>;
}

type Answer = ReturnType<NonNullable<Interception['request']>>;

export async function startTwoFaces(broker: string, leads: (topic: string) => Face): Promise<TwoFaces> {
  const nodes: Node[] = [];
  let leaderOf = leads;
  let told: Parameters<TwoFaces['onRequest']>[0] = () => undefined;
  const face = (id: Face) =>
    startInterceptor(broker, {
      request: (apiKey, request) => told(id, apiKey, request),
      answer: (apiKey, answer) => (apiKey === METADATA ? withNodes(answer, nodes, leaderOf) : answer),
    });
  const faces = [await face(1), await face(2)] as const;
  nodes.push({ id: 1, port: faces[0].port }, { id: 2, port: faces[1].port });
  return {
    address: `127.0.0.1:${faces[0].port}`,
    lead(next) {
      leaderOf = next;
    },
    onRequest(next) {
      told = next;
    },
    close: async () => void (await Promise.all(faces.map((each) => each.close()))),
  };
}
