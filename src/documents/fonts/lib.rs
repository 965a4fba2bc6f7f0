//! The fonts that letters and seals are set in, compiled in so that no machine needs them installed (OFL 1.1, see OFL.txt).

/// Noto Serif SC Regular: GB 2312, the 8,105 characters of 通用规范汉字表 and symbols. For the body of letters.
pub const SERIF: &[u8] = include_bytes!("NotoSerifSC-Regular-subset.ttf");

/// Noto Serif SC Bold, the same characters. For titles and seals.
pub const SERIF_BOLD: &[u8] = include_bytes!("NotoSerifSC-Bold-subset.ttf");

/// Noto Sans SC Regular: GB 18030-2022 level 2. The fallback for rare characters.
pub const SANS: &[u8] = include_bytes!("NotoSansSC-Regular-subset.ttf");
