// A second page: query, fixed and vh layout, phone number, camera.
Page({
  data: { from: '', q: '', phone: '', asked: '', camera: false, cameraState: '', pulled: 0 },
  onLoad(query: Record<string, string | undefined>) {
    this.setData({ from: query.from ?? '', q: decodeURIComponent(query.q ?? '') });
  },
  onPullDownRefresh() {
    this.setData({ pulled: this.data.pulled + 1 });
    wx.stopPullDownRefresh();
  },
  onPhone(e: WechatMiniprogram.CustomEvent<{ code?: string; errMsg: string }>) {
    this.setData({ phone: e.detail.code ? 'code' : e.detail.errMsg });
  },
  async ask() {
    const { confirm } = await wx.showModal({ title: '确认吗', content: '内容' });
    this.setData({ asked: String(confirm) });
  },
  late() {
    wx.navigateTo({ url: '/extra/pages/late/late?x=1' });
  },
  onCamera() {
    this.setData({ cameraState: 'ready' });
  },
  onCameraError(e: WechatMiniprogram.CustomEvent<{ errMsg: string }>) {
    this.setData({ cameraState: e.detail.errMsg });
  },
});
