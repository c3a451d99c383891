import avsc from 'avsc';

/**
 * avsc 5.7.9 doubles a number before it writes it, which loses the last bit below −2^52: −4503599627370497 comes back
 * as 4503599627370496 (found by a property test). With this type such a number does not fit.
 */
const LOWEST = -(2 ** 52);

/** What avsc's types have and do not declare. */
interface Internals {
  _check(value: unknown, flags: unknown, hook: Hook | undefined): boolean;
  _write(tap: unknown, value: unknown): void;
}
type Hook = (value: unknown, type: unknown) => void;

const long = avsc.types.LongType.prototype as unknown as Internals;

class SafeLong extends avsc.types.LongType {
  _check(value: unknown, flags: unknown, hook: Hook | undefined): boolean {
    if (!isTooLow(value)) return long._check.call(this, value, flags, hook);
    hook?.(value, this);
    return false;
  }

  _write(tap: unknown, value: unknown): void {
    if (isTooLow(value)) throw new RangeError('a long below -2^52 cannot be written');
    long._write.call(this, tap, value);
  }
}

const SAFE_LONG = new SafeLong();

/** For `typeHook` of avsc: every long of a schema becomes a safe one, its logical type is left out as without a hook. */
export function hookSafeLong(schema: unknown): avsc.Type | undefined {
  const type = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : schema;
  return type === 'long' ? SAFE_LONG : undefined;
}

function isTooLow(value: unknown): boolean {
  return typeof value === 'number' && value < LOWEST;
}
