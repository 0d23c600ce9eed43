/** Whether Redis takes snapshots by itself: an empty `save` turns them off. */
import { settingOf } from '../settings.ts';
import type { Settings } from '../target.ts';

export function isSaved(settings: Settings): boolean {
  return settingOf(settings, 'save').trim() !== '';
}
