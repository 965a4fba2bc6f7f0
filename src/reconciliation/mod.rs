//! 对账: the day's bills of WeChat Pay against our own books, both ways. Each difference is a case for finance, with its cause
//! and its remedy. The rules; everything here is pure.

pub mod compare;
pub mod entity;
pub mod flow;

use crate::actions;
use chrono::{DateTime, Duration, FixedOffset, NaiveDate, TimeZone, Utc};
use sea_orm::{DeriveActiveEnum, EnumIter};

/// How a day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Day {
    /// Its bills are not there yet, or not compared.
    Waiting,
    Compared,
}

/// What two books can disagree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Kind {
    /// In the bill, not ours.
    UnknownPayment,
    /// In the bill as paid; here it is not.
    NotMarkedPaid,
    /// Here it is paid; not in the bill.
    PaymentMissing,
    PaymentAmount,
    /// The same number twice in the bill.
    PaymentDoubled,
    UnknownRefund,
    RefundMissing,
    RefundAmount,
    /// In 交易账单, not in 资金账单.
    FundsMissing,
    FundsAmount,
    /// A refund in 资金账单 that no 交易账单 has.
    FundsUnknown,
}

impl Kind {
    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnknownPayment => "微信有收款，我方无订单",
            Self::NotMarkedPaid => "微信已收款，我方未入账",
            Self::PaymentMissing => "我方已入账，微信无记录",
            Self::PaymentAmount => "收款金额不一致",
            Self::PaymentDoubled => "微信账单重复记录",
            Self::UnknownRefund => "微信有退款，我方无记录",
            Self::RefundMissing => "我方已退款，微信无记录",
            Self::RefundAmount => "退款金额不一致",
            Self::FundsMissing => "交易未入账户资金",
            Self::FundsAmount => "交易与资金金额不一致",
            Self::FundsUnknown => "资金账单中有不明退款",
        }
    }

    /// Where it usually comes from.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::UnknownPayment => "在商户平台手工收款，或其他系统使用了同一商户号",
            Self::NotMarkedPaid => "支付通知丢失，且查询尚未成功",
            Self::PaymentMissing => "付款时间跨日，或入账有误",
            Self::PaymentAmount | Self::RefundAmount => "一方记录有误，或账单被改动",
            Self::PaymentDoubled => "微信账单有误",
            Self::UnknownRefund => "在商户平台手工退款",
            Self::RefundMissing => "退款受理跨日，或退款未被受理",
            Self::FundsMissing | Self::FundsAmount => "资金入账跨日，或账户被冻结",
            Self::FundsUnknown => "在商户平台手工退款，或账单缺行",
        }
    }

    /// What to do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::UnknownPayment => "在商户平台核对付款人，确认后原路退回，并说明原因",
            Self::NotMarkedPaid => "系统已重新向微信查询并将自动复核；仍未消除时，请联系技术人员",
            Self::PaymentMissing => "次日账单会自动复核；仍未消除时，在商户平台按商户订单号查询",
            Self::PaymentAmount => "在商户平台按商户订单号查询实收金额，多收部分退回",
            Self::PaymentDoubled => "向微信支付核实，确认实收一笔后关闭",
            Self::UnknownRefund => "核对商户平台操作记录，确认后补记说明，并检查证书是否应停用",
            Self::RefundMissing => "次日账单会自动复核；仍未消除时，在商户平台按商户退款单号查询",
            Self::RefundAmount => "在商户平台按商户退款单号核对，差额另行处理",
            Self::FundsMissing | Self::FundsAmount => "次日资金账单会自动复核；仍未消除时，向微信支付核实",
            Self::FundsUnknown => "在商户平台按微信退款单号查询，确认后补记说明",
        }
    }
}

/// Where a difference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    Open,
    /// Finance has said what it is; the money is still to be put right.
    Explained,
    Closed,
}

actions! {
    /// What can be done to a difference.
    "difference" {
        Explain => "explain",
        Close => "close",
        /// It is there again.
        Reopen => "reopen",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Open | Self::Explained, Action::Explain) => Some(Self::Explained),
            (Self::Open | Self::Explained, Action::Close) => Some(Self::Closed),
            (Self::Closed, Action::Reopen) => Some(Self::Open),
            _ => None,
        }
    }

    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "待处理",
            Self::Explained => "已说明",
            Self::Closed => "已关闭",
        }
    }
}

fn beijing() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset")
}

/// The day on calendars in Beijing.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&beijing()).date_naive()
}

/// From midnight to midnight in Beijing.
pub fn bounds(day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = day.and_hms_opt(0, 0, 0).expect("every day has a midnight");
    let from = beijing().from_local_datetime(&midnight).single().expect("Beijing has no summer time").to_utc();
    (from, from + Duration::days(1))
}

/// The last day whose bill can be asked for: bills are there from ten in the morning.
pub fn last_ready(now: DateTime<Utc>) -> NaiveDate {
    day_of(now - Duration::hours(10)) - Duration::days(1)
}

#[cfg(test)]
mod tests;
