// A tab page: kept while another tab is shown.
Page({
  data: { shows: 0 },
  onShow() {
    this.setData({ shows: this.data.shows + 1 });
  },
});
