// 掌证: the mini-program.
App({});
