//! The adapters against the sandbox, over real HTTP.

mod desk;
mod wechat;
mod wechat_pay;
mod wechat_pay_bills;
mod wechat_pay_fapiao;
mod wechat_pay_notices;
mod wechat_pay_refunds;
mod wechat_pay_trust;
