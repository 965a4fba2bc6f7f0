//! The sample companies. Invented; their codes have right check characters and no holder.

use super::licence::Licence;

/// A company of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Company {
    /// Used in addresses of samples.
    pub id: &'static str,
    pub name: &'static str,
    pub uscc: &'static str,
    /// The legal representative's name.
    pub representative: &'static str,
    /// 印章底部数字; empty when the seal has none.
    pub seal_number: &'static str,
    address: &'static str,
    business: &'static str,
    capital: &'static str,
    set_date: &'static str,
    authority: &'static str,
}

/// All of them; the first is the one the journey is usually shown with.
pub const COMPANIES: [Company; 3] = [
    Company {
        id: "ruicheng",
        name: "福建瑞成科技有限公司",
        uscc: "91350102MA0X0A012U",
        representative: "李建国",
        seal_number: "3501020000018",
        address: "福州市鼓楼区样本路18号瑞成楼3层",
        business: "软件开发；信息系统集成服务；电子产品销售。（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        capital: "壹仟万圆整",
        set_date: "2016年03月18日",
        authority: "福州市样本区市场监督管理局",
    },
    Company {
        id: "yunshan",
        name: "厦门云杉供应链管理有限公司",
        uscc: "91350200MA0X0B023F",
        representative: "陈静",
        seal_number: "",
        address: "厦门市思明区样本二里6号",
        business: "供应链管理服务；国内货物运输代理；建筑材料销售。",
        capital: "伍佰万圆整",
        set_date: "2019年07月02日",
        authority: "厦门市样本区市场监督管理局",
    },
    Company {
        id: "hemu",
        name: "福州和木建筑设计有限公司",
        uscc: "91350111MA0X0C034K",
        representative: "王芳",
        seal_number: "3501110000026",
        address: "福州市晋安区样本支路2号",
        business: "建设工程设计；工程管理服务；图文设计制作。",
        capital: "叁佰万圆整",
        set_date: "2021年11月09日",
        authority: "福州市样本区市场监督管理局",
    },
];

impl Company {
    /// Its licence.
    pub fn licence(&self) -> Licence {
        Licence {
            uscc: self.uscc.to_owned(),
            name: self.name.to_owned(),
            kind: "有限责任公司".to_owned(),
            person: self.representative.to_owned(),
            business: self.business.to_owned(),
            capital: self.capital.to_owned(),
            set_date: self.set_date.to_owned(),
            period: "长期".to_owned(),
            address: self.address.to_owned(),
            authority: self.authority.to_owned(),
        }
    }
}
