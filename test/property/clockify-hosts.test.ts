import { doesNotThrow, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertAllowed, isLoopback } from '../../src/clockify/hosts.ts';
import { WorkerError } from '../../src/core/errors.ts';

const ALLOWED = ['https://api.clockify.me', 'https://reports.api.clockify.me', 'http://127.0.0.1:8080'];
const CAUGHT = 'user-info-of-a-url';

const isAllowed = (url: URL): boolean => {
  try {
    assertAllowed(url, ALLOWED);
    return true;
  } catch (error) {
    ok(error instanceof WorkerError && error.code === 'clockify.host_refused' && error.kind === 'config');
    ok(!error.message.includes(CAUGHT) && !(error.hint ?? '').includes(CAUGHT), 'user information is not repeated');
    return false;
  }
};

test('P7: what is on the list passes, however it is written', () => {
  for (const text of [
    'https://api.clockify.me/api/v1/user',
    'https://API.Clockify.ME/api/v1',
    'https://api.clockify.me:443/x?y=https://evil.example',
    'https://%61pi.clockify.me/',
    'https:\\\\api.clockify.me\\x',
    'http://127.0.0.1:8080/v1',
    'http://127.1:8080/v1',
    'http://0x7f000001:8080/v1',
  ]) {
    strictEqual(isAllowed(new URL(text)), true, text);
  }
});

test('P7: what only looks like it is refused', () => {
  for (const text of [
    'http://api.clockify.me/',
    'https://api.clockify.me:8443/',
    'https://api.clockify.me./',
    'https://api.clockify.me.evil.example/',
    'https://evil.example/api.clockify.me',
    `https://${CAUGHT}@api.clockify.me/`,
    `https://x:${CAUGHT}@api.clockify.me/`,
    'https://api.clockify.me@evil.example/',
    'https://api.clockify.me%2eevil.example/',
    'https://api.clockıfy.me/',
    'https://xn--api-clockify.me/',
    'https://clockify.me/',
    'http://127.0.0.1/v1',
    'http://127.0.0.1:8081/v1',
    'http://127.0.0.2:8080/v1',
    'http://localhost:8080/v1',
    'http://[::1]:8080/v1',
    'https://127.0.0.1:8080/v1',
    'https://[::ffff:127.0.0.1]:8080/',
    'ftp://api.clockify.me/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'ws://127.0.0.1:8080/',
  ]) {
    strictEqual(isAllowed(new URL(text)), false, text);
  }
});

test('P7: plain HTTP goes to loopback only, even where the list names another host', () => {
  throws(() => assertAllowed(new URL('http://internal.example/'), ['http://internal.example']));
  throws(() => assertAllowed(new URL('http://127.0.0.1.evil.example/'), ['http://127.0.0.1.evil.example']));
  throws(() => assertAllowed(new URL('http://localhost.evil.example/'), ['http://localhost.evil.example']));
  doesNotThrow(() => assertAllowed(new URL('http://[::1]:1/'), ['http://[::1]:1']));
  doesNotThrow(() => assertAllowed(new URL('http://localhost:1/'), ['http://localhost:1']));
});

test('loopback is an address, not a name that begins like one', () => {
  for (const host of ['127.0.0.1', '127.255.0.9', 'localhost', '[::1]']) strictEqual(isLoopback(host), true);
  for (const host of ['127.0.0.1.x', '127.0.0', '127.0.0.1:80', '::1', '[::2]', 'localhost.', '0.0.0.0']) {
    strictEqual(isLoopback(host), false);
  }
});

/** Pieces of which a URL can be made that means something else than it seems. */
const SCHEME = fc.constantFrom('https:', 'http:', 'HTTPS:', 'ws:', 'ftp:', '');
const SLASHES = fc.constantFrom('//', '\\\\', '/\\', '///', '/');
const USER = fc.constantFrom('', '@', `${CAUGHT}@`, `a:${CAUGHT}@`, 'api.clockify.me@', 'api.clockify.me:443@', '%40');
const HOST = fc.oneof(
  fc.constantFrom('api.clockify.me', 'API.CLOCKIFY.ME', '127.0.0.1', '127.1', '2130706433', '[::1]', 'localhost'),
  fc.constantFrom(
    'api.clockify.me.',
    'api.clockify.me\u3002',
    'ａｐｉ.clockify.me',
    'xn--pi-7ka.clockify.me',
    'evil.example',
  ),
  fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true, withUserInfo: true }),
  fc.mixedCase(fc.constantFrom('api.clockify.me', 'reports.api.clockify.me')),
);
const TAIL = fc.constantFrom(
  '',
  '.',
  ':443',
  ':8080',
  ':0443',
  ':80',
  '.evil.example',
  '#@evil.example',
  '?@evil.example',
  '%00',
);
const PATH = fc.oneof(
  fc.constant(''),
  fc.webPath(),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => `/${text}`),
);
const ANY_URL = fc
  .tuple(SCHEME, SLASHES, USER, HOST, TAIL, PATH)
  .map((parts) => parts.join(''))
  .filter((text) => URL.canParse(text))
  .map((text) => new URL(text));

test('P7: whatever the URL, the key goes to a listed origin, without user information, or nowhere', () => {
  let passed = 0;
  fc.assert(
    fc.property(ANY_URL, (url) => {
      if (!isAllowed(url)) return;
      passed += 1;
      ok(ALLOWED.includes(url.origin));
      strictEqual(url.username + url.password, '');
      ok(url.protocol === 'https:' || url.hostname === '127.0.0.1');
      ok(['api.clockify.me', 'reports.api.clockify.me', '127.0.0.1'].includes(url.hostname));
    }),
    { numRuns: 5_000 },
  );
  ok(passed > 0, 'the law is not empty');
});
