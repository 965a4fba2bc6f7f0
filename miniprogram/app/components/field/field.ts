// One labelled field; what is wrong with it stands under it.
Component({
  options: { multipleSlots: false },
  properties: {
    label: String,
    hint: String,
    value: String,
    error: String,
    type: { type: String, value: 'text' },
    password: Boolean,
    maxlength: { type: Number, value: 140 },
  },
  data: { focused: false },
  methods: {
    onInput(e: WechatMiniprogram.Input) {
      this.triggerEvent('change', { value: e.detail.value });
    },
    onFocus() {
      this.setData({ focused: true });
    },
    onBlur(e: WechatMiniprogram.InputBlur) {
      this.setData({ focused: false });
      this.triggerEvent('leave', { value: e.detail.value });
    },
    onConfirm() {
      this.triggerEvent('confirm');
    },
  },
});
