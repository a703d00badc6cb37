// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import { describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { callOf, type Exchange } from '../support/calls';

const ok = '200 result=0';
const notFull: Exchange = ['GET VARIABLE AGIEXECFULL', '200 result=0'];
const full: Exchange = ['GET VARIABLE AGIEXECFULL', '200 result=1 (yes)'];

type Case = [line: string, run: (agi: Agi) => Promise<number>, before?: Exchange];

describe('a template sends', () => {
  it.each<Case>([
    ['EXEC Dial PJSIP/100,30,tT', (agi) => agi.exec`Dial(PJSIP/${'100'},${30},tT)`],
    ['EXEC Dial "PJSIP/1\\\\,99@x,30"', (agi) => agi.exec`Dial(PJSIP/${'1,99'}@x,30)`],
    [
      'EXEC Dial "PJSIP/a b\\\\)\\\\,\\\\\\"\\\\(\\\\[\\\\]\\\\\\\\,30"',
      (agi) => agi.exec`Dial(PJSIP/${'a b),"([]\\'},30)`,
    ],
    // text as it is: nothing of it is taken apart
    ['EXEC Verbose "1,Jo, \\"Do\\" (x) \\\\"', (agi) => agi.exec`Verbose(1,${'Jo, "Do" (x) \\'})`],
    ['EXEC Verbose "1\\\\,2,text"', (agi) => agi.exec`Verbose(${'1,2'},text)`],
    ['EXEC Set "x=a,b \\\\ \\"c\\""', (agi) => agi.exec`Set(x=${'a,b \\ "c"'})`],
    ['EXEC NoOp a,b', (agi) => agi.exec`NoOp(${'a,b'})`],
    // the dialplan's own backslashes stay, JavaScript's go
    ['EXEC MSet "a=1\\\\,2,b=`${x}"', (agi) => agi.exec`MSet(a=1\,2,b=\`\${x})`],
    ['EXEC Wait 1', (agi) => agi.exec`Wait(1)`],
    ['EXEC Answer ""', (agi) => agi.exec`Answer()`],
    ['EXEC Answer ""', (agi) => agi.exec`Answer`],
    ['EXEC Answer ""', (agi) => agi.exec`  Answer () `],
    ['EXEC Playback "a&b"', (agi) => agi.exec`Playback(a&b)`],
    ['EXEC UserEvent "x,y:a&b"', (agi) => agi.exec`UserEvent(x,y:${'a&b'})`],
    ['EXEC Set "x=${CHANNEL} $[1+1]"', (agi) => agi.exec`Set(x=${'${CHANNEL} $[1+1]'})`, notFull],
    ['EXEC Set "x=5$"', (agi) => agi.exec`Set(x=${'5$'})`, notFull],
    [
      'EXEC Set "x=${a}${URIDECODE(%24)}{CHANNEL} ${URIDECODE(%24)}[1+1] $"',
      (agi) => agi.exec`Set(x=\${a}${'${CHANNEL} $[1+1] $'})`,
      full,
    ],
    ['EXEC Exec "Verbose(1,a-b_c.d/e@f)"', (agi) => agi.exec`Exec(Verbose(1,${'a-b_c.d/e@f'}))`],
  ])('%s', async (line, run, before) => {
    const exchanges = before ? [before] : [];
    const { agi, left } = callOf(...exchanges, [line, ok]);
    expect(await run(agi)).toBe(0);
    expect(left).toEqual([]);
  });
});

describe('a template refuses, and sends nothing', () => {
  it.each<[string, (agi: Agi) => Promise<number>, string]>([
    [
      'another destination',
      (agi) => agi.exec`Dial(PJSIP/${'1&PJSIP/0900'})`,
      '& in a value would join another destination',
    ],
    ['another file', (agi) => agi.exec`playback(${'a&b'})`, '& in a value'],
    [
      "a shell's command",
      (agi) => agi.exec`System(echo ${'$(reboot)'})`,
      'System() evaluates what it is given',
    ],
    ['an application', (agi) => agi.exec`Exec(${'System(reboot)'})`, 'Exec() evaluates'],
    ['a label behind a condition', (agi) => agi.exec`GotoIf(${'1?x'})`, 'GotoIf() evaluates'],
    ['a newline', (agi) => agi.exec`Verbose(1,${'a\nb'})`, 'AGI cannot carry a newline'],
    ['undefined', (agi) => agi.exec`Verbose(1,${undefined as unknown as string})`, 'and this is undefined'],
    [
      'a Promise',
      (agi) => agi.exec`Verbose(1,${Promise.resolve('x') as unknown as string})`,
      'is an `await` missing?',
    ],
    ['a name from a value', (agi) => agi.exec`${'System'}(x)`, 'with no value in the name'],
    ['no end', (agi) => agi.exec`Verbose(1,${'x'}`, 'reads as in the dialplan'],
    ['nothing', (agi) => agi.exec``, 'reads as in the dialplan'],
    ['a value without parentheses', (agi) => agi.exec`Answer${1}`, 'reads as in the dialplan'],
  ])('%s', async (_, run, words) => {
    const { agi, transport } = callOf();
    await expect(run(agi)).rejects.toThrow(words);
    expect(transport.commands).toEqual([]);
  });
});

it('a template fails like any application', async () => {
  const { agi } = callOf(
    ['EXEC Nothing ""', '200 result=-2'],
    ['EXEC Dial x', '200 result=-1'],
    ['CHANNEL STATUS', '200 result=6'],
  );
  await expect(agi.exec`Nothing()`).rejects.toMatchObject({ code: 'AGI_NO_APPLICATION' });
  expect(await agi.exec`Dial(${'x'})`).toBe(-1);
});
