// Says the time, to the second, as often as it is asked for: 1 once more, anything else ends the call.
import type { Agi } from 'fastagi';

export default async function timeOfDay(agi: Agi): Promise<void> {
  const { zone } = agi.request.params;
  await agi.answer();
  for (let again = true; again; ) {
    await agi.play('at-tone-time-exactly');
    // seconds that the sentence takes, so that the tone comes when it says
    const atTone = Date.now() + 5000;
    await agi.sayDateTime(new Date(atTone), {
      format: "IMp 'vm-and' S 'seconds'",
      ...(zone && { timezone: zone }),
    });
    await agi.play('beep');
    const pressed = await agi.waitForDigit(3000);
    again = pressed.outcome === 'digit' && pressed.digit === '1';
  }
  await agi.play('goodbye');
}
