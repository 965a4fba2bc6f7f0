export default Behavior({
  properties: { start: { type: Number, value: 5 } },
  data: { count: 0 },
  lifetimes: {
    attached() {
      this.setData({ count: this.data.start });
    },
  },
});
