/** Where the dialplan goes on. */
import { cutBytes, PLACE_BYTES } from './buffers';
import type { Channel } from './channel';
import type { Stage } from './steps';

/** As PRIORITY tells it: where the dialplan is told to go on, one is added when the script has ended (pbx.c, ast_explicit_goto). */
export function priorityToTell({ priority, moved }: Channel): number {
  return moved ? priority - 1 : priority;
}

/** Goes there, as SET CONTEXT, SET EXTENSION, SET PRIORITY and Goto() do. */
export function move(
  stage: Stage,
  { context, extension, priority }: { context?: string; extension?: string; priority?: number },
): void {
  const { channel } = stage;
  if (context !== undefined) channel.context = kept(stage, 'context', context);
  if (extension !== undefined) channel.extension = kept(stage, 'extension', extension);
  if (priority !== undefined) {
    channel.priority = priority;
    channel.moved = true;
  }
  stage.tell({
    type: 'move',
    context: channel.context,
    extension: channel.extension,
    priority: channel.priority,
  });
}

function kept(stage: Stage, what: string, name: string): string {
  const start = cutBytes(name, PLACE_BYTES);
  if (start !== name)
    stage.scope.warn(`Asterisk keeps ${PLACE_BYTES} bytes of the name of a ${what}: ${start}`);
  return start;
}
