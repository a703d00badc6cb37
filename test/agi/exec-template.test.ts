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
    ['EXEC Set "x=a,b \\\\ \\"c\\""', (agi) => agi.exec`Set(x=${'a,b \\ "c"'})`],
    ['EXEC Set "G=Hello, Jo Do"', (agi) => agi.exec`Set(G=Hello, ${'Jo Do'})`],
    ['EXEC Set "CALLERID(name)=a, \\"b\\""', (agi) => agi.exec`Set(CALLERID(name)=${'a, "b"'})`],
    ['EXEC SendText "a\\\\\\\\nb"', (agi) => agi.exec`SendText(${'a\\nb'})`],
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
      'EXEC Set "x=${a}${URIDECODE(%24)}{CHANNEL} ${URIDECODE(%24)}[1+1] ${URIDECODE(%24)}"',
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
      'another context could be dialled',
    ],
    ['another file', (agi) => agi.exec`playback(${'a&b'})`, 'playback() would take it for several'],
    [
      "a shell's command",
      (agi) => agi.exec`System(echo ${'$(reboot)'})`,
      'System() evaluates what it is given',
    ],
    ['an application', (agi) => agi.exec`Exec(${'System(reboot)'})`, 'Exec() evaluates'],
    ['a label behind a condition', (agi) => agi.exec`GotoIf(${'1?x'})`, 'GotoIf() evaluates'],
    // found by an attack on Asterisk 16 and 22
    [
      'an expression in two values',
      (agi) => agi.exec`Wait(${'$'}${'{SHELL(reboot)}'})`,
      'Wait() has no way to take it',
    ],
    [
      "an expression behind the template's dollar",
      (agi) => agi.exec`Set(A=price $${'{SHELL(reboot)}'})`,
      'behind a dollar sign',
    ],
    ['an expression in brackets', (agi) => agi.exec`MSet(A=$${'[1+1]'},B=1)`, 'behind a dollar sign'],
    ['a second priority', (agi) => agi.exec`Goto(menu,${'5,5'},1)`, 'Goto() has no way to take it'],
    ["a function's name", (agi) => agi.exec`Set(${'FILE(/etc/x)'}=owned)`, 'Set() takes it for a name'],
    [
      'a name through its backslashes',
      (agi) => agi.exec`MSet(${'GLOBAL(X)'}=1)`,
      'MSet() takes it for a name',
    ],
    ['a variable to write to', (agi) => agi.exec`Read(${'FILE(/etc/x)'},beep)`, 'Read() has no way'],
    [
      "an option's end",
      (agi) => agi.exec`Dial(Local/x@c,5,U(usub^${'x)U(evil^y'}))`,
      'Dial() is given it in parentheses',
    ],
    ["an option's second argument", (agi) => agi.exec`Dial(Local/x@c,5,U(usub^${'x^y'}))`, 'in parentheses'],
    ['another context', (agi) => agi.exec`Dial(Local/${'x@evil/n'}@c,3)`, 'another context could be dialled'],
    ['another resource behind &', (agi) => agi.exec`Dial(SIP/a&Local/${'x@evil'})`, 'another context'],
    ['another mailbox', (agi) => agi.exec`VoiceMail(${'100&200'},s)`, 'VoiceMail() has no way to take it'],
    [
      'more than a number in an expression',
      (agi) => agi.exec`Set(A=$[${'2 + 3'} * 2])`,
      'inside of an expression',
    ],
    ["a function's end", (agi) => agi.exec`NoOp(\${UPPER(${'x)}SHOWS'})})`, 'inside of an expression'],
    [
      'text for an application that shows backslashes',
      (agi) => agi.exec`SayAlpha(${'a,b'})`,
      'SayAlpha() has no way to take it',
    ],
    ['an URL with commas', (agi) => agi.exec`Dial(SIP/a,5,,${'http://x/(a,b)'})`, 'Dial() has no way'],
    [
      "a shell's command in a file's name",
      (agi) => agi.exec`Monitor(wav,/dir/${'`reboot`'},m)`,
      'Monitor() evaluates',
    ],
    [
      "a shell's command to an application that nobody knows",
      (agi) => agi.exec`Record2(${'a;reboot'})`,
      'Record2() has no way',
    ],
    [
      'the end of an expression with brackets in it',
      (agi) => agi.exec`Set(R=$["[a]" = "${'x" | "1'}"])`,
      'inside of an expression',
    ],
    [
      'another context by Originate',
      (agi) => agi.exec`Originate(Local/${'x@evil/n'}@legs,exten,legs,a,1,3)`,
      'Originate() may dial',
    ],
    ['another context by Exec', (agi) => agi.exec`Exec(Dial(Local/${'x@evil'}@legs,3))`, 'Exec() may dial'],
    [
      'another context by a queue',
      (agi) => agi.exec`AddQueueMember(q,Local/${'1@evil'}@legs)`,
      'another context',
    ],
    ['a second branch', (agi) => agi.exec`GotoIf(0?good,s,${'1:9'})`, 'GotoIf() branches at a colon'],
    ["another party's keys", (agi) => agi.exec`Dial(SIP/a,5,D(${'1:23'}))`, 'at a colon'],
    ['two variables', (agi) => agi.exec`Set(ARRAY(a,b)=${'one,EVIL'},two)`, 'Set() gives it to ARRAY(a,b)'],
    [
      'a handler of hangups',
      (agi) => agi.exec`Set(CHANNEL(hangup_handler_push)=${'sub,s,1'})`,
      'Set() gives it to CHANNEL',
    ],
    ['a NUL', (agi) => agi.exec`Verbose(1,${'\0{X}'})`, 'AGI cannot carry a NUL'],
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
