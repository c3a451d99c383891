// Loaded before a worker of the chaos campaign: its wall clock jumps ahead once, and back again. Monotonic time goes on.
const RealDate = Date;
const jumpMs = Number(process.env.CHAOS_JUMP_MS ?? 0);
const [fromMs, toMs] = (process.env.CHAOS_JUMP_AT ?? '0,0').split(',').map(Number);
const startedAt = performance.now();

function offset() {
  const age = performance.now() - startedAt;
  return age >= fromMs && age < toMs ? jumpMs : 0;
}

class JumpingDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offset());
    else super(...args);
  }

  static now() {
    return RealDate.now() + offset();
  }
}
if (jumpMs !== 0) globalThis.Date = JumpingDate;
