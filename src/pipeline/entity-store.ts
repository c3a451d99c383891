import type { Grave, LiveEntry } from '../core/state.ts';
import { AddressIndex } from './address-index.ts';
import { type EntityGroup, EntityGroups, type GroupName } from './entity-groups.ts';
import * as layout from './entity-layout.ts';
import { endBytes, endText, hashOfEnd, ID_END, PackedKey } from './packed-key.ts';
import { idsIn } from './packed-row.ts';
import { type Chunk, offsetOf, RowArena } from './row-arena.ts';

/**
 * The entities of a shard, packed: a record of bytes each, found by its state key or through the group it belongs to.
 * An entity costs the heap nothing; what is asked for is made into objects anew.
 */
export class EntityStore {
  readonly #arena = new RowArena((from, to) => this.#moved(from, to));
  readonly #index = new AddressIndex((address) => this.#hashAt(address));
  readonly #groups = new EntityGroups();
  readonly #sought = new PackedKey();
  readonly #isSought = (address: number): boolean => this.#hasKey(address);

  get size(): number {
    return this.#index.size;
  }

  /** Bytes that are held for records. */
  get capacity(): number {
    return this.#arena.capacity;
  }

  put(key: string, source: string, entry: LiveEntry | Grave, version: number): void {
    const before = this.#find(key);
    const { prefix, prefixHash, hash, end, endLength } = this.#sought;
    const schema = entry.kind === 'live' ? entry.schema : undefined;
    const name: GroupName = { prefix, prefixHash, source, slice: entry.slice, schema };
    const others = this.#groups.find(name)?.ids ?? idsIn(entry.slice);
    const known = { own: endLength === ID_END ? end : undefined, ownAt: 0, others };
    const sized = layout.measure(entry, endBytes(endLength), known);
    const isInPlace = before !== 0 && this.#arena.sizeOf(before) === sized.padded && this.#isIn(before, name);
    if (before !== 0 && !isInPlace) this.#removeAt(before, hash);
    const address = isInPlace ? before : this.#arena.allocate(sized.size);
    const { bytes, view } = this.#arena.chunk(address);
    const at = offsetOf(address);
    layout.write(bytes, view, at, entry, sized, version);
    layout.writeKey(bytes, at, end, endLength);
    if (isInPlace) return;
    this.#link(address, this.#groups.find(name) ?? this.#groups.add(name));
    this.#index.insert(hash, address);
  }

  remove(key: string): void {
    const address = this.#find(key);
    if (address !== 0) this.#removeAt(address, this.#sought.hash);
  }

  entry(key: string): LiveEntry | Grave | undefined {
    const address = this.#find(key);
    if (address === 0) return undefined;
    const { bytes, view } = this.#arena.chunk(address);
    return layout.read(bytes, view, offsetOf(address), this.#groupOf(address));
  }

  has(key: string): boolean {
    return this.#find(key) !== 0;
  }

  /** 0 where there is no such entity. */
  version(key: string): number {
    const address = this.#find(key);
    return address === 0 ? 0 : layout.readVersion(this.#arena.chunk(address).view, offsetOf(address));
  }

  noteSeen(key: string, atMs: number): void {
    const address = this.#find(key);
    if (address !== 0) this.#arena.chunk(address).view.setFloat64(offsetOf(address) + layout.SEEN, atMs);
  }

  seen(key: string): number | undefined {
    const address = this.#find(key);
    if (address === 0) return undefined;
    const seenAtMs = this.#arena.chunk(address).view.getFloat64(offsetOf(address) + layout.SEEN);
    return Number.isNaN(seenAtMs) ? undefined : seenAtMs;
  }

  slices(): readonly string[] {
    return this.#groups.slices();
  }

  /** State keys of what a slice owns. */
  ofSlice(slice: string): string[] {
    return this.#keysOf(this.#groups.ofSlice(slice));
  }

  countOfSlice(slice: string): number {
    let count = 0;
    for (const group of this.#groups.ofSlice(slice)) count += group.size;
    return count;
  }

  /** State keys of a source's entities, deleted ones too. */
  ofSource(source: string): string[] {
    return this.#keysOf(this.#groups.ofSource(source));
  }

  gravesBefore(source: string, beforeMs: number): string[] {
    const graves = [...this.#groups.ofSource(source)].filter(({ schema }) => schema === undefined);
    return this.#keysOf(graves, ({ view }, at) => view.getFloat64(at + layout.TS) < beforeMs);
  }

  #keysOf(groups: Iterable<EntityGroup>, takes: (chunk: Chunk, at: number) => boolean = () => true): string[] {
    const keys: string[] = [];
    for (const { prefix, first } of groups) {
      for (let address = first; address !== 0; ) {
        const chunk = this.#arena.chunk(address);
        const at = offsetOf(address);
        const end = () => endText(chunk.bytes, at + layout.KEY, chunk.bytes[at + layout.END_LENGTH] as number);
        if (takes(chunk, at)) keys.push(prefix + end());
        address = chunk.view.getUint32(at + layout.NEXT);
      }
    }
    return keys;
  }

  #find(key: string): number {
    return this.#index.find(this.#sought.set(key).hash, this.#isSought);
  }

  #hasKey(address: number): boolean {
    const { bytes } = this.#arena.chunk(address);
    const at = offsetOf(address);
    const { end, endLength, prefix } = this.#sought;
    if (bytes[at + layout.END_LENGTH] !== endLength) return false;
    for (let i = endBytes(endLength) - 1; i >= 0; i--) if (bytes[at + layout.KEY + i] !== end[i]) return false;
    return this.#groupOf(address).prefix === prefix;
  }

  #hashAt(address: number): number {
    const { bytes } = this.#arena.chunk(address);
    const at = offsetOf(address);
    const length = endBytes(bytes[at + layout.END_LENGTH] as number);
    return hashOfEnd(this.#groupOf(address).prefixHash, bytes, at + layout.KEY, length);
  }

  #groupOf(address: number): EntityGroup {
    return this.#groups.at(this.#word(address, layout.GROUP));
  }

  #isIn(address: number, { prefix, slice, schema }: GroupName): boolean {
    const group = this.#groupOf(address);
    return group.slice === slice && group.schema === schema && group.prefix === prefix;
  }

  #removeAt(address: number, hash: number): void {
    this.#index.delete(hash, address);
    this.#unlink(address);
    this.#arena.free(address);
  }

  #link(address: number, group: EntityGroup): void {
    this.#setWord(address, layout.GROUP, group.id);
    this.#setWord(address, layout.NEXT, group.first);
    this.#setWord(address, layout.PREVIOUS, 0);
    if (group.first !== 0) this.#setWord(group.first, layout.PREVIOUS, address);
    group.first = address;
    group.size += 1;
  }

  #unlink(address: number): void {
    const group = this.#groupOf(address);
    const next = this.#word(address, layout.NEXT);
    const previous = this.#word(address, layout.PREVIOUS);
    this.#rewire(group, { next, previous }, next, previous);
    group.size -= 1;
    if (group.size === 0) this.#groups.drop(group);
  }

  /** Tells a record's neighbours who comes before and after them now. */
  #rewire(group: EntityGroup, around: { next: number; previous: number }, after: number, before: number): void {
    if (around.next !== 0) this.#setWord(around.next, layout.PREVIOUS, before);
    if (around.previous === 0) group.first = after;
    else this.#setWord(around.previous, layout.NEXT, after);
  }

  #moved(from: number, to: number): void {
    const around = { next: this.#word(to, layout.NEXT), previous: this.#word(to, layout.PREVIOUS) };
    this.#rewire(this.#groupOf(to), around, to, to);
    this.#index.replace(this.#hashAt(to), from, to);
  }

  #word(address: number, field: number): number {
    return this.#arena.chunk(address).view.getUint32(offsetOf(address) + field);
  }

  #setWord(address: number, field: number, value: number): void {
    this.#arena.chunk(address).view.setUint32(offsetOf(address) + field, value);
  }
}
