import countable from '../../behaviors/countable';

Component({
  options: { multipleSlots: true, virtualHost: true },
  behaviors: [countable, 'wx://form-field'],
  externalClasses: ['ext-class'],
  data: { readied: false },
  lifetimes: {
    ready() {
      this.setData({ readied: true });
    },
  },
  pageLifetimes: {
    show() {
      this.triggerEvent('pageshow');
    },
  },
});
