// A button that does nothing twice: while `loading` or `disabled` taps are dropped, and two quick taps are one.
const QUIET_MS = 600;

Component({
  properties: {
    label: String,
    icon: String,
    /** primary · plain · quiet · danger */
    kind: { type: String, value: 'primary' },
    openType: String,
    loading: Boolean,
    disabled: Boolean,
  },
  methods: {
    onTap() {
      const own = this as unknown as { last?: number };
      const now = Date.now();
      if (now - (own.last ?? 0) < QUIET_MS) return;
      own.last = now;
      this.triggerEvent('press');
    },
    relay(e: WechatMiniprogram.CustomEvent<Record<string, unknown>>) {
      this.triggerEvent(e.type, e.detail);
    },
  },
});
