/** Which handle stands for which thing of Asterisk's. */
import { subjects } from './catalog';
import type { AnyEvent } from './events';
import type { Handle, HandleKind } from './handle';

/** Of an event that the catalogue does not know. */
const usual = 'channel:channel bridge:bridge playback:playback recording:recording';

export class HandleRegistry {
  readonly #handles = new Map<string, Handle>();
  readonly #fields = new Map<string, readonly (readonly [kind: string, field: string])[]>();

  get size(): number {
    return this.#handles.size;
  }

  get(kind: HandleKind, id: string): Handle | undefined {
    return this.#handles.get(`${kind}:${id}`);
  }

  add(handle: Handle): void {
    this.#handles.set(`${handle.kind}:${handle.id}`, handle);
  }

  delete(handle: Handle): void {
    const key = `${handle.kind}:${handle.id}`;
    if (this.#handles.get(key) === handle) this.#handles.delete(key);
  }

  all(): Handle[] {
    return [...this.#handles.values()];
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
