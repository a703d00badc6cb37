/** Which handle stands for which thing of Asterisk's. */
import { subjects } from './catalog';
import type { AnyEvent } from './events';
import type { Handle, HandleKind } from './handle';
import { Interest } from './interest';

/** Of an event that the catalogue does not know. */
const usual = 'channel:channel bridge:bridge playback:playback recording:recording';

export class HandleRegistry {
  readonly #handles = new Map<string, Handle>();
  /** Those that Asterisk has not told of yet: any event may be the first. */
  readonly #unmet = new Set<Handle>();
  /** The events that handles have listeners for, or end by. */
  readonly interest = new Interest();
  readonly #fields = new Map<string, readonly (readonly [kind: string, field: string])[]>();

  get size(): number {
    return this.#handles.size;
  }

  get(kind: HandleKind, id: string): Handle | undefined {
    return this.#handles.get(`${kind}:${id}`);
  }

  add(handle: Handle): void {
    this.#handles.set(`${handle.kind}:${handle.id}`, handle);
    if (!handle.known) this.#unmet.add(handle);
    for (const type of handle.decisive) this.interest.add(type);
  }

  delete(handle: Handle): void {
    const key = `${handle.kind}:${handle.id}`;
    if (this.#handles.get(key) !== handle) return;
    this.#handles.delete(key);
    this.#unmet.delete(handle);
    for (const type of handle.decisive) this.interest.remove(type);
  }

  /** Asterisk has told of it. */
  meet(handle: Handle): void {
    this.#unmet.delete(handle);
  }

  /** Whether an event of this type may matter to any handle. */
  wants(type: string): boolean {
    return this.#handles.size > 0 && (this.#unmet.size > 0 || this.interest.has(type));
  }

  all(): Handle[] {
    return [...this.#handles.values()];
  }

  /**
   * A handle is for one application: whoever is told of an entrance gets a new one. When a channel moves, that may be
   * told before the end in the application that it was in, for each application has a queue of its own (res/stasis/app.c).
   */
  enter(event: AnyEvent): void {
    const { channel, application } = event as { channel?: { id: string } | null; application?: string };
    if (channel) this.get('channel', channel.id)?.enter(application);
  }

  /** Gives an event to the handles of all things that it concerns. */
  deliver(event: AnyEvent): void {
    if (this.#handles.size === 0) return;
    for (const [kind, field] of this.#fieldsOf(event.type)) {
      const thing = (event as unknown as Record<string, unknown>)[field] as
        | { readonly id?: string; readonly name?: string }
        | undefined;
      const id = kind === 'recording' ? thing?.name : thing?.id;
      if (id !== undefined) this.#handles.get(`${kind}:${id}`)?.deliver(event);
    }
  }

  #fieldsOf(type: string): readonly (readonly [kind: string, field: string])[] {
    const known = Object.hasOwn(subjects, type) ? (subjects[type] as string) : usual;
    let fields = this.#fields.get(known);
    if (!fields) {
      fields = known.split(' ').map((pair) => pair.split(':') as [string, string]);
      this.#fields.set(known, fields);
    }
    return fields;
  }
}
