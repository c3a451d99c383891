import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { BehaviorSubject, firstValueFrom, of } from 'rxjs';
import { type Claim, withoutOthers } from '../../../src/worker/shared-workspaces.ts';

const claim = (credential: string, workspaces: readonly string[], shared: Claim['shared'] = []): Claim => ({
  credential,
  workspaces$: of(new Set(workspaces)),
  shared,
});

async function kept(own: Claim, before: readonly Claim[]) {
  const refused: string[] = [];
  const set = await firstValueFrom(
    withoutOthers(own, before, (workspace, other) => refused.push(`${workspace} ${other}`)),
  );
  return { kept: [...set], refused };
}

test('a workspace that two credentials see is polled by the first, and the second is told', async () => {
  deepStrictEqual(await kept(claim('b', ['w', 'x']), [claim('a', ['v', 'w'])]), { kept: ['x'], refused: ['w a'] });
  deepStrictEqual(await kept(claim('a', ['v', 'w']), []), { kept: ['v', 'w'], refused: [] });
});

test('a workspace that either of them shares by name is polled by both', async () => {
  deepStrictEqual(await kept(claim('b', ['w'], ['w']), [claim('a', ['w'])]), { kept: ['w'], refused: [] });
  deepStrictEqual(await kept(claim('b', ['w']), [claim('a', ['w'], 'all')]), { kept: ['w'], refused: [] });
});

test('a workspace that the first credential no longer sees goes to the second, and each is told once', () => {
  const first$ = new BehaviorSubject<ReadonlySet<string>>(new Set(['w']));
  const seen: string[][] = [];
  const refused: string[] = [];
  const own$ = withoutOthers(claim('b', ['w']), [{ ...claim('a', []), workspaces$: first$ }], (each) =>
    refused.push(each),
  );
  own$.subscribe((set) => seen.push([...set]));
  for (const workspaces of [[], ['w'], []]) first$.next(new Set(workspaces));
  deepStrictEqual([seen, refused], [[[], ['w'], [], ['w']], ['w']]);
});
