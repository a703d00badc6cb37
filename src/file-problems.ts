/** The system's errors with files, in words that say what to do. */
import path from 'node:path';

/** Why a file cannot be read. */
export function whyUnread(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return `user ${process.getuid?.()} may not read it`;
  if (code === 'EISDIR') return 'it is a folder';
  return message;
}

/** Why a file cannot be written. */
export function whyUnwritten(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const folder = path.dirname(path.resolve(file));
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no folder ${folder}`;
  if (code === 'EACCES') return `user ${process.getuid?.()} may not write there`;
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EEXIST') return 'something has come there meanwhile';
  if (code === 'EROFS') return `${folder} can only be read`;
  if (code === 'ENOSPC') return 'the disk is full';
  return message;
}
