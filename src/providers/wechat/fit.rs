//! Cuts a message's values to WeChat's field rules: a value that breaks its rule makes the whole message fail (47003).

/// The value as the field takes it: one line, cut to its length; a phrase keeps only Han, a character string only ASCII.
/// An empty result becomes a dash (无 for a phrase), because an empty value is refused too.
pub fn fit(field: &str, value: &str) -> String {
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    let kind = field.trim_end_matches(|c: char| c.is_ascii_digit());
    let take = |most: usize, keep: fn(char) -> bool| line.chars().filter(|c| keep(*c)).take(most).collect::<String>();
    let fitted = match kind {
        "phrase" => take(5, |c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        "character_string" => take(32, |c| c.is_ascii_graphic() || c == ' '),
        "number" => take(32, |c| c.is_ascii_digit() || c == '.'),
        "letter" => take(32, |c| c.is_ascii_alphabetic()),
        "phone_number" => take(17, |c| c.is_ascii_digit() || c == '+' || c == '-'),
        "name" if line.is_ascii() => take(20, |_| true),
        "name" => take(10, |_| true),
        "car_number" => take(8, |_| true),
        "time" | "date" | "amount" => take(32, |_| true),
        _ if line.chars().count() > 20 => take(19, |_| true) + "…",
        _ => take(20, |_| true),
    };
    match (fitted.is_empty(), kind) {
        (false, _) => fitted,
        (true, "phrase") => "无".into(),
        (true, "number") => "0".into(),
        (true, _) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn values_are_cut_to_the_rule_of_their_field() {
        assert_eq!(
            fit("thing1", "一二三四五六七八九十一二三四五六七八九十一"),
            "一二三四五六七八九十一二三四五六七八九…"
        );
        assert_eq!(fit("thing1", "两\n行"), "两 行");
        assert_eq!(fit("phrase2", "已退回 returned"), "已退回");
        assert_eq!(fit("phrase2", "returned"), "无");
        assert_eq!(fit("character_string1", "RS 订单 1"), "RS  1");
        assert_eq!(fit("thing1", ""), "-");
    }
}
