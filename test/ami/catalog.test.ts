/** Names and types of actions and events: how they come out of Asterisk's documentation, and what they are good for. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Ami } from '../../src/ami/ami';
import type { EventOf, FieldsOf } from '../../src/ami/catalog-types';
import type { AmiEvent } from '../../src/wire/ami-message';

interface Parameter {
  readonly name: string;
  readonly required: boolean;
}
interface Documentation {
  readonly actions: Map<string, Parameter[]>;
  readonly events: Map<string, Parameter[]>;
}
const { readDocumentation, merge, render } = (await import('../../scripts/ami-catalog.mjs' as string)) as {
  readDocumentation(xml: string): Documentation;
  merge(documentations: Documentation[]): Documentation;
  render(documentation: Documentation): string;
};

const xml = `<docs xmlns:xi="http://www.w3.org/2001/XInclude">
<manager name="Login" language="en_US"><syntax><parameter name="ActionID"/><parameter name="Username" required="true"/></syntax></manager>
<manager language="en_US" name="Do" module="x"><since/><syntax>
  <xi:include xpointer="xpointer(/docs/manager[@name='Login']/syntax/parameter[@name='ActionID'])" />
  <parameter name="Channel" required="true"><para>prose with <parameter>Channel</parameter> in it</para></parameter>
  <parameter name="How" default="1"><enumlist><enum name="no"/></enumlist></parameter>
  <parameter name="Cat-000000" required="false"><xi:include xpointer="xpointer(/docs/manager[@name='Do']/syntax/parameter[@name='How']/para[2])" /></parameter>
</syntax><responses><list-elements>
  <managerEvent name="DoItem" language="en_US"><managerEventInstance class="X"><syntax><parameter name="Item"/></syntax></managerEventInstance></managerEvent>
</list-elements></responses></manager>
<manager name="Nothing"><syntax/></manager>
<managerEvent name="Done" language="en_US"><managerEventInstance class="X"><syntax><channel_snapshot prefix="Dest"/>
  <xi:include xpointer="xpointer(/docs/managerEvent[@name='Other']/managerEventInstance/syntax/parameter)" /></syntax></managerEventInstance>
  <managerEventInstance class="X"><syntax><parameter name="More"/></syntax></managerEventInstance></managerEvent>
<managerEvent name="Other" language="en_US"><managerEventInstance class="X"><syntax><parameter name="A"/><parameter name="B"/></syntax></managerEventInstance></managerEvent>
</docs>`;

const named = (list: Parameter[] | undefined) =>
  list?.map(({ name, required }) => (required ? `${name}!` : name));

describe('documentation', () => {
  const { actions, events } = readDocumentation(xml);

  it('has actions with what they must and may have, and no ActionID, which is this library’s', () => {
    expect([...actions.keys()]).toEqual(['Login', 'Do', 'Nothing']);
    expect(named(actions.get('Do'))).toEqual(['Channel!', 'How', 'Cat-000000']);
    expect(named(actions.get('Nothing'))).toEqual([]);
  });

  it('has events, of several kinds in one, with snapshots and what is included from others; and items of lists', () => {
    expect([...events.keys()].sort()).toEqual(['DoItem', 'Done', 'Other']);
    expect(named(events.get('DoItem'))).toEqual(['Item']);
    const done = named(events.get('Done'));
    expect(done?.slice(0, 2)).toEqual(['DestChannel', 'DestChannelState']);
    expect(done?.slice(-3)).toEqual(['A', 'B', 'More']);
  });

  it('of two installations is one: what only one requires is not required', () => {
    const older = readDocumentation(
      '<manager name="Do"><syntax><parameter name="channel"/><parameter name="Old" required="true"/></syntax></manager><manager name="Gone"><syntax><parameter name="X" required="true"/></syntax></manager>',
    );
    const { actions } = merge([readDocumentation(xml), older]);
    expect(named(actions.get('Do'))).toEqual(['Channel', 'How', 'Cat-000000', 'Old']);
    expect(named(actions.get('Gone'))).toEqual(['X!']);
  });

  it('becomes types', () => {
    const text = render(readDocumentation(xml));
    expect(text).toContain("  Do: { Channel: AmiValue; How?: One; 'Cat-000000'?: One };");
    expect(text).toContain('  Nothing: Record<never, never>;');
    expect(text).toContain("  Other: 'A' | 'B';");
    expect(text).not.toContain('prose');
  });
});

describe('types', () => {
  it('know the headers of actions and events by name', () => {
    expectTypeOf<FieldsOf<'Originate'>>().toExtend<{ Channel: unknown }>();
    expectTypeOf<FieldsOf<'Originate'>>().toHaveProperty('Exten');
    expectTypeOf<EventOf<'Hangup'>['get']>().parameter(0).extract<'Cause-txt'>().toEqualTypeOf<'Cause-txt'>();
    expectTypeOf<EventOf<'Hangup'>>().toExtend<AmiEvent>();
    expectTypeOf<EventOf<'SomethingElse'>>().toEqualTypeOf<AmiEvent>();
  });

  it('want what an action must have, and let through what is not documented', () => {
    const check = (ami: Ami) => {
      void ami.action('Ping');
      void ami.action('Hangup', { Channel: 'x', Undocumented: 'y' });
      // @ts-expect-error Channel is missing
      void ami.action('Hangup', {});
      // @ts-expect-error and so is all
      void ami.action('Hangup');
      void ami.action('SomethingElse', { Any: 1 });
      ami.on('Hangup', (event) => event.get('Cause'));
      ami.on('*', (event) => event.get('Any'));
    };
    expect(check).toBeTypeOf('function');
  });
});
