Component({
  data: { n: 0 },
  relations: {
    '../rel-child/rel-child': {
      type: 'child',
      linked() {
        this.setData({ n: this.data.n + 1 });
      },
      unlinked() {
        this.setData({ n: this.data.n - 1 });
      },
    },
  },
  methods: {
    ping() {
      return 'pong';
    },
  },
});
