// What the reviewer found with one item: why, how to put it right, and the place on the photo.
import type { Schemas } from '../../api/types';
import { t } from '../../words';

export type Finding = Schemas['Finding'];

/** Where the frame is drawn: fractions of the photo as percent. */
export function frameOf(mark: Finding['mark']): string {
  if (!mark) return '';
  const percent = (n: number) => `${Math.round(n * 10000) / 100}%`;
  return `left:${percent(mark.x)};top:${percent(mark.y)};width:${percent(mark.width)};height:${percent(mark.height)}`;
}

Component({
  properties: {
    finding: Object,
    /** The photo that is there; none before it has been fetched. */
    photo: String,
    /** What the photo is called. */
    label: String,
  },
  data: { frame: '', marked: t('finding.marked') },
  observers: {
    finding(finding: Finding | null) {
      this.setData({ frame: frameOf(finding?.mark) });
    },
  },
});
