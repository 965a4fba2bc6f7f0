// An app that keeps a diary of its lifetimes, for the host's conformance tests.
App({
  diary: [] as string[],
  onLaunch(options: { scene: number; path: string }) {
    this.diary.push(`launch ${options.scene} ${options.path}`);
  },
  onShow(options: { scene: number }) {
    this.diary.push(`show ${options.scene}`);
  },
  onHide() {
    this.diary.push('hide');
  },
});
