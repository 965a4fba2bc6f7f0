// Waiting, a result, or a mistake: one mark, one sentence, what to do next.
Component({
  properties: {
    icon: { type: String, value: 'time' },
    /** calm · wait · good · bad */
    tone: { type: String, value: 'calm' },
    title: String,
    detail: String,
    action: String,
    second: String,
  },
  methods: {
    onAction() {
      this.triggerEvent('action');
    },
    onSecond() {
      this.triggerEvent('second');
    },
  },
});
