//! What carries the money (支付渠道): one interface, whoever carries it. A rail makes a try payable, says how it stands, and
//! closes it; what follows from its answers is in `settle`, the same for all.

use super::{Channel, Told, wechat};
use crate::{
    error::Error,
    order::{entity::payment_row as row, transfer},
    state::State,
};
use zhangzheng_providers::wechat_pay::RequestPayment;

/// Who is to pay, and how.
#[derive(Clone, Debug)]
pub enum Payer {
    /// Whoever scans the code on the desktop.
    Native,
    /// One person in the mini-program; `index` is blind, at `wechat.openid`.
    MiniProgram { openid: String, index: Vec<u8> },
    /// The company, from its bank account.
    BankTransfer,
}

impl Payer {
    /// The channel.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Native => Channel::Native,
            Self::MiniProgram { .. } => Channel::MiniProgram,
            Self::BankTransfer => Channel::BankTransfer,
        }
    }

    /// Who may pay in the mini-program.
    pub fn index(&self) -> Option<&[u8]> {
        match self {
            Self::MiniProgram { index, .. } => Some(index),
            Self::Native | Self::BankTransfer => None,
        }
    }

    /// Whether a try made before serves this payer too.
    pub fn fits(&self, payment: &row::Model) -> bool {
        payment.channel == self.channel() && payment.openid_index.as_deref() == self.index()
    }
}

/// What the payer needs.
#[derive(Clone, Debug)]
pub enum Ready {
    /// The text of the QR code.
    Code(String),
    /// For `wx.requestPayment`.
    InApp(RequestPayment),
    /// Where to transfer what, and the words to write beside it.
    Transfer(transfer::flow::Instructions),
    /// Nothing: it is paid.
    Paid,
}

/// What a rail says when it is asked to make a try payable.
#[derive(Clone, Debug)]
pub enum Offered {
    Ready(Ready),
    /// Somebody has paid: ask how it stands.
    AlreadyPaid,
    /// It cannot be paid any more: another number is needed.
    Closed,
    /// The number stands for something else there: close it, take another.
    Different,
}

/// What a rail says when it is asked how a try stands.
#[derive(Clone, Debug)]
pub struct Stands {
    pub told: Told,
    /// The rail's own number, and when the money came.
    pub transaction_id: Option<String>,
    pub paid_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// What a rail says when it is asked to close a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It can never be paid now, or never could.
    Closed,
    /// Too late: ask how it stands.
    AlreadyPaid,
}

/// Who carries the money of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    WechatPay,
    Bank,
}

impl Channel {
    /// Who carries its money.
    pub const fn rail(self) -> Rail {
        match self {
            Self::Native | Self::MiniProgram => Rail::WechatPay,
            Self::BankTransfer => Rail::Bank,
        }
    }
}

impl Rail {
    /// Makes a try payable. The same try asked for again is the same request.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing is known; ask again.
    pub async fn offer(
        self,
        state: &State,
        payment: &row::Model,
        payer: &Payer,
        number: &str,
    ) -> Result<Offered, Error> {
        match self {
            Self::WechatPay => wechat::offer(state, payment, payer, number).await,
            Self::Bank => Ok(transfer::flow::offer(state, payment)),
        }
    }

    /// How a try stands. `None`: the rail has never heard of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing is known; ask again.
    pub async fn ask(self, state: &State, payment: &row::Model) -> Result<Option<Stands>, Error> {
        match self {
            Self::WechatPay => wechat::ask(state, payment).await,
            // What comes to the bank account is entered by finance: there is nobody to ask.
            Self::Bank => Ok(None),
        }
    }

    /// Closes a try, so that it can never be paid.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing is known; ask again.
    pub async fn close(self, state: &State, payment: &row::Model) -> Result<Closing, Error> {
        match self {
            Self::WechatPay => wechat::close(state, payment).await,
            Self::Bank => Ok(Closing::Closed),
        }
    }

    /// Whether it is to be asked now and then.
    pub const fn is_asked(self) -> bool {
        matches!(self, Self::WechatPay)
    }

    /// Whether it takes money back by itself; otherwise finance pays it back.
    pub const fn refunds(self) -> bool {
        matches!(self, Self::WechatPay)
    }
}
