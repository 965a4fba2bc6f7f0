// How many: less, a number that can be typed, more. Every control has a name, is 44 px and grows with the text.
import { t } from '../../words';

Component({
  properties: {
    label: String,
    value: { type: Number, value: 0 },
    most: { type: Number, value: 99 },
  },
  data: { less: t('app.less'), more: t('app.more') },
  methods: {
    /** Keeps it between none and the most. */
    take(wanted: number) {
      const value = Math.min(Math.max(Math.trunc(wanted) || 0, 0), this.data.most);
      const changed = value !== this.data.value;
      // Set in any case: what was typed may say something else.
      this.setData({ value });
      if (changed) this.triggerEvent('change', { value });
    },
    onLess() {
      this.take(this.data.value - 1);
    },
    onMore() {
      this.take(this.data.value + 1);
    },
    onLeave(e: WechatMiniprogram.InputBlur) {
      this.take(Number(e.detail.value));
    },
  },
});
