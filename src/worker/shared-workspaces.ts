import { combineLatest, map, type Observable, of, timeout } from 'rxjs';

/** What a credential sees, and which of it another may poll as well. */
export interface Claim {
  readonly credential: string;
  readonly workspaces$: Observable<ReadonlySet<string>>;
  readonly shared: 'all' | readonly string[];
}

/** A credential that tells nothing for so long holds up no other. */
const WAIT_MS = 30_000;

/**
 * The workspaces that a credential polls: all that it sees, without those that a credential before it in the
 * configuration sees too. Two that poll one workspace spend its request limit twice and, on one topic, publish everything
 * twice; whoever wants that says so by name.
 *
 * @param onRefused told of each workspace once, with the credential that has it
 */
export function withoutOthers(
  own: Claim,
  before: readonly Claim[],
  onRefused: (workspace: string, credential: string) => void,
): Observable<ReadonlySet<string>> {
  if (before.length === 0) return own.workspaces$;
  const told = new Set<string>();
  const others$ = before.map(({ workspaces$ }) =>
    workspaces$.pipe(timeout({ first: WAIT_MS, with: () => of(new Set<string>()) })),
  );
  const tell = (workspace: string, credential: string): void => {
    if (!told.has(workspace)) onRefused(workspace, credential);
    told.add(workspace);
  };
  return combineLatest([own.workspaces$, ...others$]).pipe(
    map(([mine, ...theirs]) => {
      const kept = new Set(mine);
      for (const [at, set] of theirs.entries()) {
        const other = before[at] as Claim;
        for (const workspace of set) {
          if (!kept.has(workspace) || isShared(workspace, own) || isShared(workspace, other)) continue;
          kept.delete(workspace);
          tell(workspace, other.credential);
        }
      }
      return kept;
    }),
  );
}

function isShared(workspace: string, { shared }: Claim): boolean {
  return shared === 'all' || shared.includes(workspace);
}
