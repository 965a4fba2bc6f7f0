//! 操作: what can be done with an order now, for the list, the page and the phone alike.

use super::Status;
use poem_openapi::Enum;

/// One thing that can be done with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "OrderAction", rename_all = "snake_case")]
pub enum Doable {
    /// 填写发票信息, or change it.
    Invoice,
    /// 去支付
    Pay,
    /// 取消订单
    Cancel,
    /// 查看发票
    SeeInvoice,
    /// 申请退款
    Refund,
    /// 增购授权
    BuyMore,
    /// 查看退款
    SeeRefund,
}

/// What it depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The rule gives something back, and the person who looks has placed the order.
    pub refundable: bool,
    /// Something went back, or is on its way.
    pub has_refunds: bool,
    /// The account has bought its certificate: authorisations can be bought alone.
    pub has_certificate: bool,
}

/// The whole table, in the order of the column.
pub fn doable(status: Status, facts: Facts) -> Vec<Doable> {
    let (mut all, of_paid) = match status {
        Status::Draft => (vec![Doable::Invoice, Doable::Cancel], false),
        Status::AwaitingPayment => (vec![Doable::Pay, Doable::Invoice, Doable::Cancel], false),
        Status::Paid => (vec![Doable::SeeInvoice], true),
        Status::Refunding | Status::Refunded => (vec![Doable::SeeInvoice], false),
        Status::Closing | Status::Closed => (vec![], false),
    };
    if of_paid && facts.has_certificate {
        all.push(Doable::BuyMore);
    }
    if of_paid && facts.refundable {
        all.push(Doable::Refund);
    }
    if facts.has_refunds {
        all.push(Doable::SeeRefund);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m44_what_can_be_done_follows_the_status() {
        let all = Facts { refundable: true, has_refunds: true, has_certificate: true };
        let none = Facts::default();
        assert_eq!(doable(Status::AwaitingPayment, none), [Doable::Pay, Doable::Invoice, Doable::Cancel]);
        assert_eq!(doable(Status::Paid, none), [Doable::SeeInvoice]);
        assert_eq!(doable(Status::Paid, all), [Doable::SeeInvoice, Doable::BuyMore, Doable::Refund, Doable::SeeRefund]);
        assert_eq!(doable(Status::Closed, none), []);
        assert_eq!(doable(Status::Closed, Facts { has_refunds: true, ..none }), [Doable::SeeRefund]);
        assert!(!doable(Status::Refunding, all).contains(&Doable::Refund), "not twice");
    }
}
