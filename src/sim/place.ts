/** Where the dialplan goes on. */
import { cutBytes, PLACE_BYTES } from './buffers';
import type { Stage } from './steps';

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
