// What every page shares: text size of WeChat's settings and care mode, as a CSS variable on the page.
const LARGEST = 1.6;

/** The `page-style` of the page: type sizes follow WeChat's font size. */
export function pageStyle(): string {
  const scale = wx.getAppBaseInfo().fontSizeScaleFactor ?? 1;
  return `--scale: ${Math.min(Math.max(scale, 1), LARGEST)}`;
}

export const screen = Behavior({
  data: { pageStyle: '' },
  lifetimes: {
    attached() {
      this.setData({ pageStyle: pageStyle() });
    },
  },
});
