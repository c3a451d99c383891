import { ok } from 'node:assert/strict';

/** A marker key. Signs that JSON, URLs and base64 treat each in its way are in it. */
export const KEY = 'canary+Key/0123456789==';

/** Every form in which somebody could read it: as it is, and as part of a base64, hex or percent-encoded text. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].flatMap((shift) => {
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    const from = Buffer.concat([Buffer.alloc(shift), bytes]);
    return (['base64', 'base64url'] as const).map((form) => from.toString(form).slice(first, last));
  });
  return [secret, bytes.toString('hex'), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...inside];
}

/** In none of these forms, whatever the case of the letters, is any of the secrets in a text. */
export function without(text: string, what: string, secrets: readonly string[] = [KEY]): void {
  const lower = text.toLowerCase();
  for (const form of secrets.flatMap(formsOf)) {
    const at = lower.indexOf(form.toLowerCase());
    ok(at < 0, `${what} shows a secret as ${form}: …${text.slice(Math.max(0, at - 200), at + 200)}…`);
  }
}
