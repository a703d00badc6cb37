// A menu behind a PIN. The PINs are in Asterisk's database: `database put pins 100 4711`.
import type { Agi } from 'fastagi';

export default async function pinMenu(agi: Agi): Promise<void> {
  await agi.answer();
  const account = await agi.ask({ prompt: 'vm-login', maxDigits: 8 });
  if (account.outcome !== 'answer') return agi.hangup();
  const pin = await agi.databaseGet('pins', account.answer);
  const entered = await agi.ask({
    prompt: 'vm-password',
    secret: true,
    // an account that is not there is asked for a PIN like any other
    parse: (digits, invalid) => (digits === pin ? digits : invalid('vm-incorrect')),
    messages: { failed: 'vm-goodbye' },
  });
  if (entered.outcome !== 'answer') return agi.hangup();
  const chosen = await agi.menu(
    { 1: 'vm-INBOX', 2: 'vm-Old', 0: 'vm-reachoper' },
    { greeting: 'vm-options' },
  );
  if (chosen.outcome !== 'choice') return agi.hangup();
  await agi.setVariable('ACCOUNT', account.answer);
  await agi.goto('after-pin', chosen.choice);
}
